#!/usr/bin/env bash
# sizes.sh: no source file is longer than 500 lines; under 400 is the aim.
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"

check() (
    cd "$1" || exit 1
    sources src include tests cmake -- '*.[ch]' '*.sh' '*.cmake' CMakeLists.txt |
        xargs -0 -r awk 'FNR == 501 { print FILENAME ": over 500 lines: which noun is missing?" }'
)

put src/util/short.c < <(seq 500)
put tests/unit/short.c < <(seq 500)
accepts
put src/util/long.c < <(seq 501)
refuses 'src/util/long.c: over 500'
put tests/house/long.sh < <(seq 600)
refuses 'tests/house/long.sh: over 500'

judge
