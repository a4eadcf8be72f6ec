#!/usr/bin/env python3
"""The step of bare_step.c in PyTorch: DistributedDataParallel over gloo, one thread a rank, data in
memory, Adam, accuracy. Started by mpirun, one process a rank; MASTER_ADDR and MASTER_PORT may be
set. Usage: peer_ddp.py 784-128-10 [--batch 32] [--rows 20480] [--seconds 1.5]
The batch is a rank's own. Prints samples a second, of all ranks."""

import argparse
import os
import time

import torch
import torch.distributed as dist
from torch import nn

WARM_UP = 50


def make_network(widths):
    layers = []
    for i, (inputs, outputs) in enumerate(zip(widths, widths[1:])):
        if i > 0:
            layers.append(nn.ReLU())
        layers.append(nn.Linear(inputs, outputs))
    return nn.Sequential(*layers)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("network")
    parser.add_argument("--batch", type=int, default=32)
    parser.add_argument("--rows", type=int, default=20480)
    parser.add_argument("--seconds", type=float, default=1.5)
    args = parser.parse_args()
    os.environ.setdefault("MASTER_ADDR", "127.0.0.1")
    os.environ.setdefault("MASTER_PORT", "29531")
    rank = int(os.environ.get("OMPI_COMM_WORLD_RANK", 0))
    size = int(os.environ.get("OMPI_COMM_WORLD_SIZE", 1))
    torch.set_num_threads(1)
    torch.set_flush_denormal(True)
    torch.manual_seed(7)
    dist.init_process_group("gloo", rank=rank, world_size=size)

    widths = [int(w) for w in args.network.split("-")]
    classes = max(2, widths[-1])
    y = torch.arange(args.rows) % classes
    x = 0.5 * (torch.rand(classes, widths[0])[y] + torch.rand(args.rows, widths[0]))
    y = torch.where(torch.rand(args.rows) < 0.2, torch.randint(classes, (args.rows,)), y)
    order = torch.randperm(args.rows)
    model = nn.parallel.DistributedDataParallel(make_network(widths))
    optimizer = torch.optim.Adam(model.parameters())
    loss_of = nn.BCEWithLogitsLoss() if widths[-1] == 1 else nn.CrossEntropyLoss()
    if widths[-1] == 1:
        y = y.float().unsqueeze(1)
    batches = args.rows // (args.batch * size)

    def steps(count):
        loss_sum, right = torch.zeros(()), torch.zeros((), dtype=torch.int64)
        dist.barrier()
        start = time.perf_counter()
        for i in range(count):
            first = (i % batches * size + rank) * args.batch
            rows = order[first:first + args.batch]
            logits, targets = model(x[rows]), y[rows]
            loss = loss_of(logits, targets)
            optimizer.zero_grad(set_to_none=True)
            loss.backward()
            optimizer.step()
            with torch.no_grad():
                loss_sum += loss.detach()
                if widths[-1] == 1:
                    right += ((logits > 0) == (targets > 0.5)).sum()
                else:
                    right += (logits.argmax(1) == targets).sum()
        dist.barrier()
        return time.perf_counter() - start, loss_sum.item() / count, right.item()

    taken, _, _ = steps(WARM_UP)
    count = torch.tensor([int(args.seconds / (taken / WARM_UP)) + 1])
    dist.broadcast(count, 0)
    count = int(count)
    taken, loss, right = steps(count)
    if rank == 0:
        print(f"samples_per_second {count * args.batch * size / taken:.0f} loss {loss:.4f} "
              f"accuracy {right / (count * args.batch):.4f}")


if __name__ == "__main__":
    main()
