"""check_tensorboard.py FOLDER...: reads the event files of runs back with TensorBoard and compares every
value with metrics.csv. With --watch FOLDER COMMAND...: as a TensorBoard that is open while COMMAND goes on
with the run in FOLDER: it must end with the same curves."""
import csv
import os
import subprocess
import sys

from tensorboard.backend.event_processing import plugin_event_accumulator
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

NOT_CURVES = {"epoch", "step", "seconds"}


def expected(folder):
    """{part: {tag: [(step, value)]}} of metrics.csv; names and steps are those of Keras's callback."""
    curves = {}
    with open(os.path.join(folder, "metrics.csv"), newline="") as file:
        for row in csv.DictReader(file):
            for column, text in row.items():
                if column in NOT_CURVES:
                    continue
                part = "validation" if column.startswith("val_") else "train"
                tag = "epoch_" + column.removeprefix("val_")
                point = (int(row["epoch"]) - 1, float(text or "nan"))
                curves.setdefault(part, {}).setdefault(tag, []).append(point)
    return curves


def open_part(folder, part):
    path = os.path.join(folder, "tensorboard", part)
    files = os.listdir(path)
    assert 1 <= len(files) <= 2, f"{path} holds {files}"
    return EventAccumulator(path, size_guidance={"scalars": 0})


def compare(folder, readers):
    curves = expected(folder)
    assert set(readers) == set(curves), f"{folder}: {set(readers)} instead of {set(curves)}"
    points = 0
    for part, reader in readers.items():
        reader.Reload()
        tags = set(reader.Tags()["scalars"])
        assert tags == set(curves[part]), f"{folder}: {part} has {tags} instead of {set(curves[part])}"
        for tag, wanted in curves[part].items():
            events = reader.Scalars(tag)
            assert [e.step for e in events] == [step for step, _ in wanted], f"{folder}: {part} {tag}"
            for event, (step, value) in zip(events, wanted):
                assert abs(event.value - value) <= 1e-6 * abs(value), f"{folder}: {part} {tag} {step}"
                points += 1
            times = [e.wall_time for e in events]
            assert times == sorted(times), f"{folder}: {part} {tag}: the times go back"
    return points


def compare_as_the_server_does(folder):
    """The dashboard's own reader takes them for curves."""
    for part, tags in expected(folder).items():
        reader = plugin_event_accumulator.EventAccumulator(os.path.join(folder, "tensorboard", part))
        reader.Reload()
        found = reader.PluginTagToContent("scalars")
        assert set(found) == set(tags), f"{folder}: {part}: the dashboard shows {set(found)}"


def main():
    if sys.argv[1] == "--watch":
        folder, command = sys.argv[2], sys.argv[3:]
        readers = {part: open_part(folder, part) for part in expected(folder)}
        for reader in readers.values():
            reader.Reload()
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        print(f"watched {compare(folder, readers)} points")
        return
    for folder in sys.argv[1:]:
        points = compare(folder, {part: open_part(folder, part) for part in expected(folder)})
        compare_as_the_server_does(folder)
        print(f"{folder}: {points} points")


main()
