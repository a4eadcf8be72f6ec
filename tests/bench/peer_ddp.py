#!/usr/bin/env python3
"""The step of bare_step.c in PyTorch: DistributedDataParallel over gloo, one thread a rank, data in
memory, Adam, accuracy; both eager and, where the release has torch.compile, compiled. Started by
mpirun, one process a rank; MASTER_ADDR and MASTER_PORT may be set.

Usage: peer_ddp.py 784-128-10 [--batch 32] [--rows 20480] [--seconds 1.5] [--modes "eager compiled"]
The batch is a rank's own. Prints a line a mode: mode, samples a second of all ranks, loss, accuracy.
The modes take turns in slices of the time, so that what else the machine does meets both."""

import argparse
import os
import time

import torch
import torch.distributed as dist
from torch import nn

SLICES = 4


class Step(nn.Module):
    """Rows and targets in; loss and the number of right answers out. The loss is in the module, so
    that DDP and torch.compile see the whole pass."""

    def __init__(self, widths):
        super().__init__()
        layers = []
        for i, (inputs, outputs) in enumerate(zip(widths, widths[1:])):
            if i > 0:
                layers.append(nn.ReLU())
            layers.append(nn.Linear(inputs, outputs))
        self.layers = nn.Sequential(*layers)
        self.binary = widths[-1] == 1

    def forward(self, x, y):
        logits = self.layers(x)
        if self.binary:
            loss = nn.functional.binary_cross_entropy_with_logits(logits, y)
            right = ((logits.detach() > 0) == (y > 0.5)).sum()
        else:
            loss = nn.functional.cross_entropy(logits, y)
            right = (logits.detach().argmax(1) == y).sum()
        return loss, right


def make_optimizer(parameters):
    """Adam in the fastest form that this release has on a CPU."""
    for form in ({"fused": True}, {"foreach": True}, {}):
        try:
            return torch.optim.Adam(parameters, **form)
        except (RuntimeError, TypeError):
            pass


class Rows:
    """Noise around a centre for each class, a fifth of the labels at random, and this rank's batches."""

    def __init__(self, widths, rows, batch, rank, size):
        torch.manual_seed(7)
        classes = max(2, widths[-1])
        y = torch.arange(rows) % classes
        self.x = 0.5 * (torch.rand(classes, widths[0])[y] + torch.rand(rows, widths[0]))
        y = torch.where(torch.rand(rows) < 0.2, torch.randint(classes, (rows,)), y)
        self.y = y.float().unsqueeze(1) if widths[-1] == 1 else y
        self.order = torch.randperm(rows)
        self.batch, self.rank, self.size = batch, rank, size
        self.batches = rows // (batch * size)

    def of_step(self, step):
        first = (step % self.batches * self.size + self.rank) * self.batch
        rows = self.order[first:first + self.batch]
        return self.x.index_select(0, rows), self.y.index_select(0, rows)


class Training:
    def __init__(self, mode, widths, rows):
        torch.manual_seed(7)
        step = Step(widths)
        if mode == "compiled":
            step = torch.compile(step)
        self.model = nn.parallel.DistributedDataParallel(
            step, gradient_as_bucket_view=True, static_graph=True, broadcast_buffers=False)
        self.optimizer = make_optimizer(list(self.model.parameters()))
        self.rows = rows
        self.next = 0

    def steps(self, count):
        """Their seconds, mean loss and share of right answers."""
        loss_sum, right_sum = torch.zeros(()), torch.zeros((), dtype=torch.int64)
        zero_grad, update, rows_of = self.optimizer.zero_grad, self.optimizer.step, self.rows.of_step
        dist.barrier()
        start = time.perf_counter()
        for i in range(self.next, self.next + count):
            zero_grad(set_to_none=True)
            loss, right = self.model(*rows_of(i))
            loss.backward()
            update()
            loss_sum += loss.detach()
            right_sum += right
        dist.barrier()
        taken = time.perf_counter() - start
        self.next += count
        return taken, loss_sum.item() / count, right_sum.item() / (count * self.rows.batch)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("network")
    parser.add_argument("--batch", type=int, default=32)
    parser.add_argument("--rows", type=int, default=20480)
    parser.add_argument("--seconds", type=float, default=1.5)
    parser.add_argument("--modes", default="eager compiled")
    args = parser.parse_args()
    os.environ.setdefault("MASTER_ADDR", "127.0.0.1")
    os.environ.setdefault("MASTER_PORT", "29531")
    rank = int(os.environ.get("OMPI_COMM_WORLD_RANK", 0))
    size = int(os.environ.get("OMPI_COMM_WORLD_SIZE", 1))
    torch.set_num_threads(1)
    torch.set_flush_denormal(True)
    dist.init_process_group("gloo", rank=rank, world_size=size)

    widths = [int(w) for w in args.network.split("-")]
    modes = [m for m in args.modes.split() if m == "eager" or hasattr(torch, "compile")]
    rows = Rows(widths, args.rows, args.batch, rank, size)
    trainings = {m: Training(m, widths, rows) for m in modes}
    counts = {}
    for mode, training in trainings.items():
        training.steps(5)  # compiles, and lets DDP form its buckets
        taken, _, _ = training.steps(5)
        count = torch.tensor([int(args.seconds / SLICES / (taken / 5)) + 1])
        dist.broadcast(count, 0)
        counts[mode] = int(count)
        training.steps(counts[mode] // 2)
    results = {m: [] for m in modes}
    for _ in range(SLICES):
        for mode, training in trainings.items():
            results[mode].append(training.steps(counts[mode]))
    if rank == 0:
        for mode, slices in results.items():
            speed = counts[mode] * args.batch * size * SLICES / sum(s[0] for s in slices)
            print(f"{mode} {speed:.0f} loss {slices[-1][1]:.4f} accuracy {slices[-1][2]:.4f}")
    dist.destroy_process_group()


if __name__ == "__main__":
    main()
