#!/usr/bin/env bash
# _whole.sh BUILD [SEED]: every test of this folder with its whole count (FAULTS=whole) and no limit on its
# time; prints what each reports as a table, and fails where one fails. Their output is in
# BUILD/faults/NAME.log. With ONLY=REGEX, those alone whose names fit.
set -euo pipefail
build=$(cd "${1:?usage: _whole.sh BUILD [SEED]}" && pwd)
export FAULTS=whole SEED=${2:-20261125}
logs=$build/faults
mkdir -p "$logs"
failed=0

# CTest knows the commands and their environment; only its limits do not suit.
ctest --test-dir "$build" --show-only=json-v1 -L fault >"$logs/tests.json"
# A line a test, separated by tabs: name, folder, variables, command.
python3 - "$logs/tests.json" >"$logs/tests" <<'PYTHON'
import json, shlex, sys
for test in json.load(open(sys.argv[1]))["tests"]:
    about = {p["name"]: p["value"] for p in test["properties"]}
    variables = [v for v in about.get("ENVIRONMENT", []) if not v.startswith("MPIEXEC_TIMEOUT=")]
    print(test["name"], about["WORKING_DIRECTORY"], shlex.join(variables), shlex.join(test["command"]),
          sep="\t")
PYTHON

while IFS=$'\t' read -r -u 3 name folder variables command; do
    [[ $name =~ ${ONLY:-.} ]] || continue
    begun=$SECONDS result=0
    (cd "$folder" && eval "env $variables $command") >"$logs/$name.log" 2>&1 </dev/null || result=$?
    case $result in
    0) said=$(sed -n 's/^fault: //p' "$logs/$name.log" | paste -sd ';') ;;
    77) said='skipped' ;;
    *) said="FAILED with $result, see $logs/$name.log" failed=1 ;;
    esac
    printf '%-28s %5d s  %s\n' "${name#fault.}" $((SECONDS - begun)) "${said:-passed}"
done 3<"$logs/tests"
exit $failed
