#!/usr/bin/env bash
# sweep.sh: one rank of a sweep alone fails at an agreement, when it fetches rows or by a loss that is
# NaN: all ranks leave within 10 seconds with the same code, the other runs are done, and the table says
# what has come of each. (faulty.c makes them fail.)
# test: NP 3 TIMEOUT 600
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$SOURCE_DIR/tests/fault/lib.sh"

[ -x "$TOOLS/nnmpi_faulty" ] || skip 'there is no nnmpi_faulty'
codes=(66 70 74 65 73)
small_run run.yaml 'epochs: 1' 'batch_size: 30'

# What a rank does: nnmpi_faulty, whose process and exit code it leaves.
put rank <<'END'
#!/usr/bin/env bash
bash -c 'echo $$ >pid.$OMPI_COMM_WORLD_RANK; exec "$TOOLS/nnmpi_faulty" "$@"' bash "$@"
echo $? >code.$OMPI_COMM_WORLD_RANK
END
chmod +x rank

# each SEEDS: runs on three ranks, in groups of 1 and 2 or of 1 each; sets took.
each() {
    local begun
    begun=$(date +%s%N)
    rm -rf run code.* pid.*
    ranks 3 ./rank train run.yaml --sweep "seed=$1" --output run >out 2>err </dev/null || true
    took=$((($(date +%s%N) - begun) / 1000000))
}

# judge CODE WHAT
judge() {
    local states others
    [ $took -lt $((10000 + 5 * usual)) ] || fail "$2: it takes $took ms, and $usual where nothing fails"
    no_shared_memory ended
    [ "$(cat code.* | xargs)" = "$1 $1 $1" ] || fail "$2: the ranks leave with $(cat code.* | xargs)"
    [ ! -e run/lock ] || fail "$2: the lock stays"
    [ -e run/sweep.csv ] || return 0 # nothing had begun
    states=$(column run/sweep.csv status | sort -u | xargs)
    others=$(column run/sweep.csv status | grep -vc 'done' || true)
    case $states in
    'done failed' | 'diverged done') [ "$others" = 1 ] || fail "$2: $others runs have $states" ;;
    'done' | waiting) ;; # it failed behind the last run, or before the first
    *) fail "$2: other states: $states" ;;
    esac
}

count=0
for seeds in 1,2 1,2,3,4; do
    for site in agree rows loss; do
        rm -f calls
        FAULTY_SITE=$site FAULTY_COUNT=$PWD/calls each $seeds
        [ "$(cat code.* | xargs)" = '0 0 0' ] || fail 'it should work'
        usual=$took
        most=$(cat calls)
        [ "$most" -gt 0 ] || fail "no call of $site"
        stride=$(how_many $((most / 4 + 1)) 1)
        for ((call = 1 + RANDOM % stride; call <= most; call += stride)); do
            code=${codes[count % ${#codes[@]}]}
            if [ $site = loss ]; then code=76; fi
            export FAULTY_SITE=$site FAULTY_CALL=$call FAULTY_RANK=$((RANDOM % 3)) FAULTY_CODE=$code
            each $seeds
            # A rank whose runs are shorter, or fewer, may not come to that call.
            if [ "$(cat code.* | xargs)" != '0 0 0' ]; then
                judge "$code" "call $call of $site fails on rank $FAULTY_RANK with $code (seed=$seeds)"
                count=$((count + 1))
            fi
            unset FAULTY_SITE FAULTY_CALL FAULTY_RANK FAULTY_CODE
        done
    done
done
[ $count -ge 10 ] || fail "only $count calls have failed"
report 'one rank of a sweep fails' "$count calls" 'all ranks left with the same code, the other runs were done'
