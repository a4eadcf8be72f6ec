#!/usr/bin/env bash
# locale.sh: the library in programs whose language writes 0,5 for 0.5: configurations, files and results
# have points all the same. Skipped where localedef and the languages of the package locales are missing.
# test: NP 2 TIMEOUT 120
# shellcheck source-path=SCRIPTDIR source=../cli/lib.sh
. "$SOURCE_DIR/tests/cli/lib.sh"
tests=${TOOLS%/tools}
[ -x "$tests/api_trainer" ] || skip 'cmocka was not found, so that the tests in C were not built'
localedef -i de_DE -f UTF-8 ./de_DE.UTF-8 >/dev/null 2>&1 || skip 'localedef knows no de_DE'
export LOCPATH=$PWD LC_ALL=de_DE.UTF-8
[ "$(env printf %.1f 1)" = 1,0 ] || skip 'the language made by localedef is not taken'
for name in trainer programs errors; do
    expect_exit 0 ranks 2 "$tests/api_$name"
    expect_text 'PASSED' err
done
