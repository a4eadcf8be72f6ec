#!/usr/bin/env bash
# floors.sh: a folder of src/ includes only from folders below it, or left of it in its own row
# (docs/ARCHITECTURE.md), and what belongs to one folder alone (MPI, HDF5, CBLAS, OpenMP, leaving
# the process) stays there.
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"

rows=("api cli" "doctor report sweep" "train" "model optim data export" "layers" "kernels comm io" "util") # from the top

# may_include FOLDER: the folders that it may include from, itself among them.
may_include() {
    local row folder found=no
    for row in "${rows[@]}"; do
        if [ "$found" = yes ]; then
            echo "$row"
            continue
        fi
        case " $row " in *" $1 "*) ;; *) continue ;; esac
        found=yes
        for folder in $row; do
            echo "$folder"
            [ "$folder" = "$1" ] && break
        done
    done
}

# only WHERE WHAT PATTERN: WHAT, which PATTERN finds in code, stands nowhere but in WHERE (a
# regular expression of paths below the root).
only() {
    { grep -E -- "$3" <<<"$code" || true; } | { grep -Ev "^($1)" || true; } |
        mark "$2 belongs into ${1//\\/}"
}

hash=':[0-9]+:[[:space:]]*#[[:space:]]*' # a directive, in a line of code()
call='(^|[^A-Za-z0-9_])'

check() (
    cd "$1" || exit 1
    local folder allowed public code files=()
    mapfile -d '' files < <(sources src include -- '*.[ch]')
    code=$(code "${files[@]}")

    for folder in src/*/; do
        folder=$(basename "$folder")
        allowed=$(may_include "$folder" | paste -sd ' ')
        if [ -z "$allowed" ]; then
            echo "src/$folder: no floor is known for this folder"
            continue
        fi
        public='nnmpi/[a-z]+'
        if [ "$folder" = api ]; then public='nnmpi(/[a-z]+)?'; fi
        { grep -E "^src/$folder/[^:]*${hash}include[[:space:]]*\"" <<<"$code" || true; } |
            { grep -Ev "\"((${allowed// /|})/[a-z0-9_]+|$public)\.h\"" || true; } |
            mark "$folder may include nnmpi/*.h, and FOLDER/file.h of $allowed"
    done
    { grep -E "^include/[^:]*${hash}include[[:space:]]*\"[^\"]*/" <<<"$code" || true; } |
        { grep -v '"nnmpi/[a-z]*\.h"' || true; } |
        mark "a public header includes nothing from src/"
    only "include/nnmpi\.h|src/(comm/|main\.c)" "mpi.h" "${hash}include.*[<\"]mpi\.h"
    only "src/io/" "hdf5.h" "${hash}include.*[<\"]hdf5(_hl)?\.h"
    only "src/kernels/" "cblas.h" "${hash}include.*[<\"]cblas\.h"
    only "src/kernels/" "#pragma omp" "${hash}pragma[[:space:]]+omp"
    only "src/(comm/|main\.c)" "leaving the process" "${call}(_?exit|_Exit|quick_exit|abort)[[:space:]]*\("
    only "src/(comm/|main\.c)" "MPI_Abort" "${call}MPI_Abort[[:space:]]*\("
)

put src/layers/good.c <<<'/* exit() in a comment; see https://x.org/exit() */
#include "layers/good.h"
#include "kernels/gemm.h"
#include "util/status.h"
#include "nnmpi/status.h"
#include <math.h>
static int at_exit(void) { return nn_exit(0); }'
put src/optim/good.c <<<'#include "model/model.h"'
put src/api/good.c <<<'#include "nnmpi.h"'
put include/nnmpi.h <<<'#include "nnmpi/status.h"
#include <mpi.h>'
accepts
put src/util/text.c <<<'#include "io/h5.h"'
refuses 'src/util/text.c:1:.*util may include'
put src/model/model.c <<<'#include "optim/optimizer.h"'
refuses 'src/model/model.c:1:'
put src/layers/dense.h <<<'/* two lines
*/
#  include "../comm/comm.h"'
refuses 'src/layers/dense.h:3:'
put src/train/run.c <<<'#include "nnmpi.h"'
refuses 'src/train/run.c:1:'
put src/cellar/wine.c <<<''
refuses 'src/cellar: no floor'
put include/nnmpi.h <<<'#include "util/status.h"'
refuses 'include/nnmpi.h:1:.*public header'
put src/io/h5.c <<<'#include <mpi.h>'
refuses 'mpi.h belongs'
put src/data/dataset.c <<<'#include <hdf5.h>'
refuses 'hdf5.h belongs'
put src/layers/dense.c <<<'#include <cblas.h>'
refuses 'cblas.h belongs'
put src/train/loop.c <<<'    #pragma omp parallel'
refuses 'pragma omp belongs'
put src/train/loop.c <<<'void f(void) { if (x) exit(1); }'
refuses 'leaving the process'
put src/cli/train.c <<<'void f(void) { MPI_Abort(MPI_COMM_WORLD, 1); }'
refuses 'MPI_Abort belongs'

judge
