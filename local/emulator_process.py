"""What runs inside the emulator's own environment: ministack, with our speed-ups on top.

`OMS_PLAIN_EMULATOR=1` leaves them off: everything works the same, only slower.
"""

from __future__ import annotations

import os


def main() -> None:
    if not os.environ.get("OMS_PLAIN_EMULATOR"):
        from local import emulator_patch

        print("speed-ups:", ", ".join(emulator_patch.apply()), flush=True)
    from ministack.app import main as serve  # type: ignore[import-not-found]

    serve()


if __name__ == "__main__":
    main()
