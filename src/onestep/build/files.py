"""Files that are whole or absent: an interrupted run leaves no half-written one behind."""

import os
import shutil
import tempfile
from pathlib import Path

# For the environment of Python processes that we start: their files and pipes are UTF-8 whatever the locale says.
UTF8 = {"PYTHONUTF8": "1", "PYTHONIOENCODING": "utf-8"}


def write(path: Path, text: str) -> None:
    """Write `text` to `path` atomically, making its folder: a reader sees the old file or the new one, complete."""
    write_bytes(path, text.encode())


def ensure_writable(folder: Path) -> None:
    """Make `folder` and try to write into it, so that hours of work fail before they begin; raises OSError."""
    folder.mkdir(parents=True, exist_ok=True)
    try:
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise OSError(error.errno, error.strerror, str(folder)) from error


def write_bytes(path: Path, data: bytes) -> None:
    """As `write`, for bytes."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(data)
            stream.flush()
            os.fsync(stream.fileno())
        # mkstemp makes files private; what it replaces was as public as the user's umask allows.
        mask = os.umask(0)
        os.umask(mask)
        os.chmod(temporary, 0o666 & ~mask)
        os.replace(temporary, path)
    except BaseException as error:
        Path(temporary).unlink(missing_ok=True)
        if isinstance(error, OSError) and error.filename is None:  # a full disk does not say whose
            raise OSError(error.errno, error.strerror, str(path)) from error
        raise


def replace_folder(new: Path, target: Path) -> None:
    """Put the finished folder `new` in the place of `target`, which is removed only when `new` is there."""
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=f".{target.name}.") as name:
        old = Path(name) / "old"
        try:
            if target.exists():
                os.rename(target, old)
            os.rename(new, target)
        except BaseException:
            if old.exists() and not target.exists():
                os.rename(old, target)
            raise


def copy(source: Path, target: Path) -> None:
    """Copy one file, making the folder it goes into."""
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(source, target)
