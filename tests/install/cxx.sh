#!/usr/bin/env bash
# cxx.sh: a C++ program of an installed libnnmpi is built with CMake, in a project that knows no other
# language, and by a plain C++ compiler with pkg-config, and needs no definitions of its own for that: without
# some, Open MPI's mpi.h wants a library of C++ functions that neither links.
# test: NP 2 TIMEOUT 120
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$SOURCE_DIR/tests/install/lib.sh"
cxx=${CXX:-c++}
needs "$cxx" pkg-config
install_prefix

cat >one.cpp <<'END'
#include <mpi.h>
#include <nnmpi.h>
#include <cstdio>
#include <vector>

int main(int argc, char **argv) {
    int provided, rank;
    nnmpi_context *context = nullptr;
    nnmpi_config *config = nullptr;
    nnmpi_dataset *data = nullptr;
    nnmpi_trainer *trainer = nullptr;
    MPI_Init_thread(&argc, &argv, MPI_THREAD_FUNNELED, &provided);
    MPI_Comm_rank(MPI_COMM_WORLD, &rank);
    nnmpi_rows rows = {};
    rows.x_type = rows.y_type = NNMPI_FLOAT32;
    rows.x_rank = 1;
    rows.x_shape[0] = 1;
    rows.y_columns = 1;
    std::vector<float> x, y;
    for (int i = 0; i < 40; i++) {
        x.push_back(static_cast<float>(i) / 20 - 1);
        y.push_back(3 * x.back());
    }
    double loss = 1;
    nn_status status = nnmpi_context_create(MPI_COMM_WORLD, 1, &context);
    if (!status) status = nnmpi_config_create("model: [{layer: Dense, units: 1}]\nloss: mse\n"
                                              "optimizer: {name: sgd, learning_rate: 0.2}\n", &config);
    if (!status) status = nnmpi_dataset_create("lines", &rows, &data);
    if (!status) status = nnmpi_dataset_append(data, 40, x.data(), y.data(), nullptr);
    if (!status) status = nnmpi_trainer_create(context, config, data, nullptr, &trainer);
    if (!status) status = nnmpi_trainer_fit(trainer, 100, nullptr, nullptr);
    if (!status) status = nnmpi_trainer_step(trainer, &loss);
    if (rank == 0) std::printf("%s\n", status ? nnmpi_message() : loss < 1e-3 ? "learned" : "not learned");
    nnmpi_trainer_destroy(&trainer);
    nnmpi_dataset_destroy(&data);
    nnmpi_config_destroy(&config);
    nnmpi_context_destroy(&context);
    MPI_Finalize();
    return status;
}
END
# learns PROGRAM
learns() {
    expect_exit 0 ranks 2 "$1"
    expect_text learned out
    expect_no_text 'not learned' out
}

# As docs/LIBRARY.md says.
mkdir project
cat >project/CMakeLists.txt <<'END'
cmake_minimum_required(VERSION 3.16)
project(mine CXX)
find_package(nnmpi 0.1 REQUIRED)
add_executable(shared ../one.cpp)
target_link_libraries(shared PRIVATE nnmpi::nnmpi)
add_executable(static ../one.cpp)
target_link_libraries(static PRIVATE nnmpi::nnmpi_static)
END
# cmake_builds TYPE PROGRAM
cmake_builds() {
    expect_exit 0 cmake -S project -B "$1" -D CMAKE_PREFIX_PATH="$PWD/prefix" -D CMAKE_BUILD_TYPE="$1" \
        -D MPI_C_COMPILER="$mpicc" -D CMAKE_CXX_COMPILER="$cxx"
    expect_exit 0 cmake --build "$1" --target "$2"
    learns "$1/$2"
}
cmake_builds Debug shared
cmake_builds Release static

# The flags of the MPI are those of its C compiler.
read -ra mpi < <("$mpicc" -show | cut -d' ' -f2-)
read -ra compile < <(pkg-config --cflags nnmpi)
read -ra link < <(pkg-config --libs nnmpi)
expect_exit 0 "$cxx" -std=c++11 -Wall -Wextra -pedantic -Werror "${compile[@]}" one.cpp -o one "${link[@]}" "${mpi[@]}" \
    "-Wl,-rpath,$(pkg-config --variable=libdir nnmpi)"
learns ./one
