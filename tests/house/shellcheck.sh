#!/usr/bin/env bash
# What shellcheck.sh checks: shellcheck finds nothing in any script.
# test: TIMEOUT 300
# shellcheck source-path=SCRIPTDIR source=lib.sh disable=SC2016
. "$(dirname "$0")/lib.sh"
if ! command -v shellcheck >/dev/null; then
    echo 'skipped: shellcheck is not installed'
    exit 77
fi

check() (
    cd "$1" || exit 1
    {
        find . -maxdepth 1 -name '*.sh' -print0
        sources .ci datasets docs packaging slurm tests -- '*.sh' '*.sbatch' run
    } | xargs -0 -r shellcheck -x -f gcc || true
)

put slurm/good.sh <<<'#!/usr/bin/env bash
# good.sh
echo "$1"'
accepts
put slurm/bad.sh <<<'#!/usr/bin/env bash
echo $1'
refuses 'slurm/bad.sh:2:.*SC2086'

judge
