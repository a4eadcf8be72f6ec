"""check_spack.py SOURCES: reads packaging/spack/package.py with a stand-in for Spack that notes what the
recipe states, and prints the arguments that it gives CMake, a line each. Checked on the way: a dependency
for each package that bootstrap.sh installs for a build."""
import os
import re
import sys
import types

sources = sys.argv[1]
dependencies, variants, versions = [], {}, []


class Prefix(str):
    def __getattr__(self, name):
        return Prefix(os.path.join(self, name))


class Dependency:
    """What a recipe asks of self.spec["hdf5"]."""

    def __init__(self):
        self.prefix = Prefix(os.environ["HDF5_PREFIX"])
        self.libs = [os.environ["BLAS"]]
        self.mpicc = os.environ["MPICC"]


class Spec(dict):
    def __init__(self, chosen):
        super().__init__({name: Dependency() for name in ("blas", "hdf5", "mpi")})
        self.chosen = chosen

    def satisfies(self, what):
        return self.chosen[what[1:]] == (what[0] == "+")


class CMakePackage:
    def __init__(self, chosen):
        self.spec = Spec(chosen)
        self.prefix = Prefix("/prefix")

    def define(self, name, value):
        if isinstance(value, bool):
            return f"-D{name}:BOOL={'ON' if value else 'OFF'}"
        return f"-D{name}:STRING={value}"

    def define_from_variant(self, name, variant):
        return self.define(name, self.spec.chosen[variant])


def depends_on(spec, type=("build", "link"), when=""):
    dependencies.append((re.match(r"[a-z0-9-]+", spec).group(), spec, type, when))


def same(*args, **kwargs):
    return lambda function: function


package = types.ModuleType("spack.package")
package.CMakePackage = CMakePackage
package.depends_on = depends_on
package.variant = lambda name, default, description: variants.__setitem__(name, default)
package.version = lambda name, **kwargs: versions.append(name)
package.license = package.maintainers = lambda *names: None
package.run_after = package.on_package_attributes = same
package.Executable = None
sys.modules["spack"] = types.ModuleType("spack")
sys.modules["spack.package"] = package

path = os.path.join(sources, "packaging", "spack", "package.py")
recipe = {}
exec(compile(open(path, encoding="utf-8").read(), path, "exec"), recipe)
assert versions and recipe["Nnmpi"].__doc__

for name, spec, kind, when in dependencies:
    for variant in re.findall(r"[+~]([a-z0-9_]+)", when):
        assert variant in variants, f"{spec} depends on a variant that is not declared: {when}"

# Debian's name of what is needed to build, and Spack's.
names = {"libc6-dev": None, "cmake": "cmake", "pkg-config": "pkgconfig", "libopenmpi-dev": "mpi",
         "openmpi-bin": "mpi", "libhdf5-dev": "hdf5", "libopenblas-openmp-dev": "openblas",
         "libyaml-dev": "libyaml", "libjansson-dev": "jansson", "libxxhash-dev": "xxhash",
         "zlib1g-dev": "zlib-api", "libpng-dev": "libpng", "libjpeg-dev": "jpeg", "libzip-dev": "libzip"}
text = open(os.path.join(sources, "bootstrap.sh"), encoding="utf-8").read()
wanted = re.search(r"^build_packages=\(([^)]*)\)", text, re.M).group(1).split()
have = {name for name, *_ in dependencies}
missing = [one for one in wanted if one not in names or (names[one] and names[one] not in have)]
assert not missing, f"the recipe has no dependency for {missing}"

chosen = dict(variants)
for argument in sys.argv[2:]:  # +variant or ~variant
    assert argument[1:] in chosen, f"there is no variant {argument}"
    chosen[argument[1:]] = argument[0] == "+"
print("\n".join(recipe["Nnmpi"](chosen).cmake_args()))
