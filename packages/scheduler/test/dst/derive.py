#!/usr/bin/env python3
"""Derives the table of runs of a year that test/cron-through-a-year.test.ts compares with, from Python's zoneinfo.

It shares nothing with the scheduler: it looks at every minute of the year, asks zoneinfo for the local time, and applies
the rules of a change as they are documented. Run it as `python3 derive.py > table.json`.

Each entry lists runs as [first, step, count], in epoch seconds: a run at first, first + step, ..., count of them.
"""
import json
from datetime import datetime, timezone
from zoneinfo import ZoneInfo

YEAR = 2026
ZONES = ["America/New_York", "Europe/London", "Australia/Lord_Howe", "UTC"]
# name -> minutes and hours that match, and whether the pattern repeats (so that it runs in both passes of an hour)
PATTERNS = {
    "0 2 * * *": ({0}, {2}, False),
    "30 1 * * *": ({30}, {1}, False),
    "*/15 * * * *": ({0, 15, 30, 45}, set(range(24)), True),
}


def runs(zone_name, minutes, hours, repeating):
    zone = ZoneInfo(zone_name)
    start = int(datetime(YEAR, 1, 1, tzinfo=timezone.utc).timestamp())
    end = int(datetime(YEAR + 1, 1, 1, tzinfo=timezone.utc).timestamp())
    found = set()
    before = None
    for second in range(start, end, 60):
        local = datetime.fromtimestamp(second, zone)
        offset = local.utcoffset().total_seconds()
        if local.minute in minutes and local.hour in hours and (repeating or local.fold == 0):
            found.add(second)
        if before is not None and offset > before:
            # Local times from second + before to second + offset were left out; a match among them runs after the gap.
            for missing in range(int(second + before), int(second + offset), 60):
                clock = datetime.fromtimestamp(missing, timezone.utc)
                if clock.minute in minutes and clock.hour in hours:
                    found.add(second)
        before = offset
    return sorted(found)


def packed(seconds):
    packs = []
    for second in seconds:
        if packs:
            first, step, count = packs[-1]
            if count == 1 or second == first + step * count:
                packs[-1] = [first, second - first if count == 1 else step, count + 1]
                continue
        packs.append([second, 0, 1])
    return packs


table = {
    f"{zone} {pattern}": packed(runs(zone, *rule)) for zone in ZONES for pattern, rule in PATTERNS.items()
}
print("{")
print(",\n".join(f"  {json.dumps(name)}: {json.dumps(packs)}" for name, packs in table.items()))
print("}")
