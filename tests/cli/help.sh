#!/usr/bin/env bash
# help.sh: --help and --version answer on stdout with exit code 0, before MPI starts, and in an empty
# environment.
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$SOURCE_DIR/tests/cli/lib.sh"

expect_exit 0 "$NNMPI" --help
for command in train eval predict export import info plot config doctor; do expect_text "nnmpi $command" out; done
[ ! -s err ] || fail '--help writes to stderr'
expect_exit 0 "$NNMPI" -h
expect_text 'nnmpi train RUN.yaml' out

expect_exit 0 "$NNMPI" --version
grep -qxE 'nnmpi [0-9]+\.[0-9]+\.[0-9]+' out || fail '--version prints something else'

for command in train eval predict export import info plot config doctor; do
    expect_exit 0 "$NNMPI" "$command" --help
    expect_text "Usage: nnmpi $command" out
    [ ! -s err ] || fail "$command --help writes to stderr"
    expect_exit 0 "$NNMPI" "$command" -h
    expect_exit 0 env -i "$NNMPI" "$command" --help
    expect_text "Usage: nnmpi $command" out
    [ -z "$(awk 'length > 100' out)" ] || fail "$command --help has lines too long to read: $(awk 'length > 100' out)"
    cp out alone
    # Ranks that see neither each other nor a launcher's files: MPI could not even start.
    expect_exit 0 env OMPI_COMM_WORLD_SIZE=4 PMIX_SERVER_URI2=nonsense "$NNMPI" "$command" --help
    cmp -s out alone || fail "$command --help depends on the launcher"
done
expect_exit 0 "$NNMPI" train --output x --help
expect_exit 0 env -i "$NNMPI" --version
expect_exit 0 env -i "$NNMPI" --help

# Every option that the help of train names is one.
"$NNMPI" train --help | grep -oE '^  --[a-z-]+' >options
[ "$(wc -l <options)" -ge 5 ] || fail 'train --help names fewer options than there are'
while read -r option; do
    expect_exit 0 "$NNMPI" train "$option" x --help
    expect_text 'Usage' out
done <options
