"""Puts libtorch 2.13.0 for tch 0.26 into .libtorch/ (include/ and lib/).

Without an NVIDIA GPU: the CPU libraries, from the pinned wheels in libtorch.txt.
With one (nvidia-smi answers): the same torch with all it depends on, CUDA included.
Everything is made in .libtorch.partial and renamed at the end, so a set-up that
was interrupted is repaired by running it again.
"""

import os
import pathlib
import shutil
import subprocess
import sys
import zipfile

VERSION = "2.13.0"
ROOT = pathlib.Path(__file__).resolve().parent.parent
TARGET = ROOT / ".libtorch"
PARTIAL = ROOT / ".libtorch.partial"
PINS = ROOT / "scripts" / "libtorch.txt"
# The wheels' headers and libraries are the same whatever the local Python is.
PLATFORM = ["--python-version", "3.11", "--only-binary=:all:"] + [
    word
    for tag in ("2_28", "2_25", "2_17")
    for word in ("--platform", f"manylinux_{tag}_x86_64")
] + ["--platform", "manylinux2014_x86_64"]
CPU_LIBRARIES = ("libc10.so", "libtorch_cpu.so", "libgomp.so.1")
LOADED_BY_CPU = ("libcupti.so.13", "libcudart.so.13")


def stop(what):
    sys.exit(f"set-up: {what}")


def version_of(folder):
    """The version a libtorch folder says it is, or None."""
    try:
        return (folder / "build-version").read_text().strip().split("+")[0]
    except OSError:
        return None


def chosen_by_user():
    """True when LIBTORCH names a folder that can be used as it is."""
    folder = os.environ.get("LIBTORCH")
    if not folder or pathlib.Path(folder).resolve() == TARGET:
        return False
    found = version_of(pathlib.Path(folder))
    if found != VERSION:
        stop(
            f"LIBTORCH={folder} holds version {found or 'unknown'}, tch 0.26 needs {VERSION}.\n"
            "Unset LIBTORCH to have the right one fetched, or point it to libtorch 2.13.0."
        )
    return True


def has_gpu():
    try:
        return subprocess.run(["nvidia-smi", "-L"], capture_output=True).returncode == 0
    except OSError:
        return False


def pip(*words):
    done = subprocess.run([sys.executable, "-m", "pip", "--disable-pip-version-check", *words])
    if done.returncode:
        stop(
            "pip could not fetch libtorch (its message is above).\n"
            "Check the network and python3-pip, then run the same command again."
        )


def take_cpu(wheels):
    """Extracts what the CPU needs from the wheels: 440 of 1,400 MB."""
    pip("download", "--no-cache-dir", "--quiet", "--no-deps", *PLATFORM,
        "--require-hashes", "-r", str(PINS), "-d", str(wheels))
    (PARTIAL / "lib").mkdir()
    for wheel in sorted(wheels.glob("*.whl")):
        with zipfile.ZipFile(wheel) as archive:
            for name in archive.namelist():
                if name.endswith("/"):
                    continue
                base = name.rsplit("/", 1)[-1]
                if name.startswith("torch/include/"):
                    target = PARTIAL / name.removeprefix("torch/")
                elif name.startswith("torch/lib/") and base in CPU_LIBRARIES:
                    target = PARTIAL / "lib" / base
                elif base in LOADED_BY_CPU:
                    target = PARTIAL / "lib" / base
                else:
                    continue
                target.parent.mkdir(parents=True, exist_ok=True)
                with archive.open(name) as source, open(target, "wb") as sink:
                    shutil.copyfileobj(source, sink, 1 << 20)
    # torch-sys links -ltorch; without libtorch_cuda.so beside it this is the CPU alone.
    (PARTIAL / "lib" / "libtorch.so").write_text("INPUT(-ltorch_cpu)\n")
    for name in (*CPU_LIBRARIES, *LOADED_BY_CPU):
        if not (PARTIAL / "lib" / name).exists():
            stop(f"the wheels of libtorch.txt hold no {name}")


def take_cuda():
    """The whole torch with CUDA. Not yet run on a machine with a GPU."""
    site = PARTIAL / "python"
    pip("install", "--no-cache-dir", "--quiet", "--target", str(site), f"torch=={VERSION}")
    (PARTIAL / "include").symlink_to("python/torch/include")
    (PARTIAL / "lib").mkdir()
    libraries = list((site / "torch" / "lib").glob("*.so*")) + list(site.glob("nvidia/**/lib/*.so*"))
    for library in libraries:
        link = PARTIAL / "lib" / library.name
        if not link.exists():
            link.symlink_to(os.path.relpath(library, PARTIAL / "lib"))


def main():
    if chosen_by_user() or version_of(TARGET) == VERSION:
        return
    gpu = has_gpu()
    print(f"set-up: fetching libtorch {VERSION} ({'CUDA' if gpu else 'CPU'}) into .libtorch/", flush=True)
    for leftover in (PARTIAL, TARGET):
        shutil.rmtree(leftover, ignore_errors=True)
    PARTIAL.mkdir()
    if gpu:
        take_cuda()
    else:
        wheels = PARTIAL / "wheels"
        wheels.mkdir()
        take_cpu(wheels)
        shutil.rmtree(wheels)
    # Written last: its presence says that the folder is whole.
    (PARTIAL / "build-version").write_text(VERSION + ("" if gpu else "+cpu") + "\n")
    PARTIAL.rename(TARGET)


main()
