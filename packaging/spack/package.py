# package.py: a Spack recipe for nnmpi. Put it into a repository of your own:
#   spack repo create ~/nnmpi-repo nnmpi && mkdir -p ~/nnmpi-repo/packages/nnmpi
#   cp package.py ~/nnmpi-repo/packages/nnmpi/ && spack repo add ~/nnmpi-repo
#   spack dev-build --source-path SOURCES nnmpi@main ^mpich
# tests/packages/spack.sh reads it without Spack: its syntax, its dependencies and its CMake arguments.
from spack.package import *


class Nnmpi(CMakePackage):
    """Data-parallel training of neural networks on CPU clusters, with MPI, OpenMP and HDF5. A YAML file
    in Keras's vocabulary says what to train; the HDF5 file that comes out opens in Keras."""

    license("Apache-2.0")
    maintainers()

    version("main")

    variant("native", default=False, description="Compile for the building machine's own processor (-march=native)")
    variant("parallel_hdf5", default=False, description="Use HDF5's parallel build, where others need it; nnmpi does not")
    variant("plot", default=True, description="Have gnuplot, which nnmpi plot calls")

    depends_on("c", type="build")
    depends_on("cmake@3.21:", type="build")
    depends_on("pkgconfig", type="build")
    depends_on("awk", type="build")

    depends_on("mpi@3:")
    depends_on("hdf5@1.10:")
    depends_on("hdf5~mpi", when="~parallel_hdf5")
    depends_on("hdf5+mpi", when="+parallel_hdf5")
    depends_on("openblas threads=openmp")
    depends_on("libyaml")
    depends_on("jansson")
    depends_on("xxhash")
    depends_on("zlib-api")
    depends_on("libpng")
    depends_on("jpeg")
    depends_on("libzip")
    depends_on("gnuplot", type="run", when="+plot")

    def cmake_args(self):
        args = [
            self.define("NNMPI_TESTS", False),
            # Spack's compiler wrapper adds -march for the target of the spec.
            self.define("NNMPI_MARCH", "native" if self.spec.satisfies("+native") else ""),
            self.define("NNMPI_BLAS", self.spec["blas"].libs[0]),
            self.define("HDF5_ROOT", self.spec["hdf5"].prefix),
            self.define("MPI_C_COMPILER", self.spec["mpi"].mpicc),
        ]
        args.append(self.define_from_variant("HDF5_PREFER_PARALLEL", "parallel_hdf5"))
        return args

    def setup_run_environment(self, env):
        env.prepend_path("XDG_DATA_DIRS", self.prefix.share)  # where bash-completion looks
        env.set("NNMPI_ROOT", self.prefix)

    @run_after("install")
    @on_package_attributes(run_tests=True)
    def check_version(self):
        Executable(self.prefix.bin.nnmpi)("--version")
