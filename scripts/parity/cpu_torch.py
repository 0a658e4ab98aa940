"""Makes the CUDA build of torch from the Python registry import on a machine without CUDA.

The wheel links to 3 GB of NVIDIA libraries that the CPU never calls. Each of them that is
missing gets an empty stand-in with the symbols the loader insists on. Called with the
folder torch/lib; the two small libraries that are really called come from .libtorch/lib.
"""

import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

FOREIGN = re.compile(r"^(nvshmem|cudnn|cublas|cufft|cufile|cuFile|curand|cusparse|cusolver|nccl|nvrtc)")


def output(*words):
    return subprocess.run(words, check=True, capture_output=True, text=True).stdout


def needed(library):
    """Names of the libraries that this one links to."""
    return re.findall(r"NEEDED\s+(\S+)", output("objdump", "-p", str(library)))


def versions(library):
    """The symbol version that each linked library is asked for."""
    found, file = {}, None
    for line in output("readelf", "-V", "-W", str(library)).splitlines():
        if match := re.search(r"File: (\S+)", line):
            file = match[1]
        elif file and (match := re.search(r"Name: (\S+)\s+Flags", line)):
            found.setdefault(file, match[1])
    return found


def undefined(library):
    """(Symbol, version) of everything foreign that this library leaves to others."""
    names = output("nm", "-D", "--undefined-only", str(library)).split()
    pairs = (name.partition("@")[::2] for name in names)
    return {(name, version.lstrip("@")) for name, version in pairs if FOREIGN.match(name)}


def stand_in(path, symbols, version):
    """An empty shared library of that name."""
    with tempfile.TemporaryDirectory() as work:
        source, script = pathlib.Path(work, "s.c"), pathlib.Path(work, "s.map")
        source.write_text("".join(f"void {name}(void) {{}}\n" for name in sorted(symbols)))
        script.write_text(f"{version} {{ global: *; }};\n" if version else "{ global: *; };\n")
        subprocess.run(
            ["cc", "-w", "-fno-builtin", "-shared", "-o", str(path), str(source),
             f"-Wl,-soname,{path.name}", f"-Wl,--version-script={script}"], check=True)


def main(torch_lib, libtorch):
    for name in ("libcudart.so.13", "libcupti.so.13"):
        if not (torch_lib / name).exists():
            shutil.copy(libtorch / "lib" / name, torch_lib / name)
    ours = sorted(torch_lib.glob("lib*.so"))
    missing, asked, symbols = set(), {}, set()
    for library in ours:
        missing |= {name for name in needed(library) if re.match(r"lib(cu|nv|nccl)", name)}
        asked |= versions(library)
        symbols |= undefined(library)
    missing = sorted(name for name in missing if not (torch_lib / name).exists())
    unversioned = {name for name, version in symbols if not version}
    for name in missing:
        version = asked.get(name)
        mine = {symbol for symbol, of in symbols if of == version}
        # Which library defines a symbol without a version does not matter to the loader.
        stand_in(torch_lib / name, mine if version else unversioned, version)


main(pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2]))
