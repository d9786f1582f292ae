"""Runs the parts one after the other and rewrites the figures in docs/benchmarks.md."""

import importlib
import signal
import sys
import traceback

import report
import setting

PARTS = ["import", "sru", "pages", "plugin", "writes", "start", "memory", "upload", "materials"]
BY_HAND = ["million"]


def main(wanted):
    unknown = [name for name in wanted if name not in PARTS + BY_HAND + ["document"]]
    if unknown:
        sys.exit(f"bench: there is no part {', '.join(unknown)}; there are {', '.join(PARTS + BY_HAND)}")
    failed = []
    setting.say(f"bench: {setting.machine()}; load {setting.load():.1f}; {setting.ROUNDS} rounds (ROUNDS=n)")
    for name in [part for part in (wanted or PARTS) if part != "document"]:
        try:
            importlib.import_module(f"part_{name}").run()
        except setting.Skip as why:
            setting.say(f"\n== {name}: skipped: {why}")
        except Exception:  # noqa: BLE001  one part that fails must not hide the others' figures
            failed.append(name)
            traceback.print_exc()
    report.write(PARTS + BY_HAND)
    setting.say(f"\nbench: figures in {setting.DOCUMENT.relative_to(setting.CHECKOUT)}")
    if failed:
        sys.exit(f"bench: failed: {', '.join(failed)}")


if __name__ == "__main__":
    # A run that is told to end still stops the servers that it started.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("bench: stopped"))
    main(sys.argv[1:])
