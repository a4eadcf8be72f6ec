#!/usr/bin/env bash
# sizes.sh: no source file is longer than 400 lines.
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"

check() (
    cd "$1" || exit 1
    sources src include tests cmake -- '*.[ch]' '*.sh' '*.cmake' CMakeLists.txt |
        xargs -0 -r awk 'FNR == 401 { print FILENAME ": over 400 lines: which noun is missing?" }'
)

put src/util/short.c < <(seq 400)
put tests/unit/short.c < <(seq 400)
accepts
put src/util/long.c < <(seq 401)
refuses 'src/util/long.c: over 400'
put tests/house/long.sh < <(seq 600)
refuses 'tests/house/long.sh: over 400'

judge
