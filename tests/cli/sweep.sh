#!/usr/bin/env bash
# sweep.sh: --sweep: all combinations on more and fewer ranks than runs, each the same as alone; the table
# and the last line; what is refused before anything is trained; a run that diverges or fails.
# test: TIMEOUT 240
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$SOURCE_DIR/tests/cli/lib.sh"

small_run run.yaml
keys=(--sweep 'optimizer.learning_rate=0.1,1e-3' --sweep 'model.1.units=4,8,16')

# Alone, each run by itself.
number=0
for rate in 0.1 0.001; do
    for units in 4 8 16; do
        number=$((number + 1))
        expect_exit 0 "$NNMPI" train run.yaml --output alone.$number --set epochs=2 \
            --set optimizer.learning_rate=$rate --set model.1.units=$units
    done
done

# On 1 to 4 ranks, and in groups of 2 and 4, 6 runs: with one rank a run the same bits, with more within
# rounding. --set is for all.
check_runs() { # OUTPUT RANKS-PER-RUN
    local number folder
    [ "$(find "$1" -mindepth 1 | grep -vc /00)" = 1 ] || fail "$1 holds more than the table and its runs"
    [ "$(column "$1/sweep.csv" status | sort -u)" = 'done' ] || fail 'not all runs are done'
    for number in 1 2 3 4 5 6; do
        folder=$(echo "$1"/00$number-*)
        if [ "$2" = 1 ]; then expect_same_bits "$folder/model.h5" alone.$number/model.h5
        else expect_close 1e-4 "$folder/model.h5" alone.$number/model.h5; fi
        cmp "$folder/config.yaml" alone.$number/config.yaml || fail "$folder has another run file"
        if [ "$2" = 1 ]; then same_run "$folder" alone.$number; fi
        [ "$(grep -c "^[1-6]/6  run $number  " out)" = 1 ] || fail "run $number has no line, or several"
    done
}
expect_exit 0 "$NNMPI" train run.yaml --set epochs=2 "${keys[@]}"
check_runs runs/run-sweep 1
for count in 2 3 4; do
    expect_exit 0 ranks $count "$NNMPI" train run.yaml --set epochs=2 "${keys[@]}" --output on.$count
    expect_text "a sweep of 6 runs, on $count ranks x 1 thread in $count groups of 1" out
    check_runs on.$count 1
done
for each in 2 4; do
    expect_exit 0 ranks 4 "$NNMPI" train run.yaml --set epochs=2 "${keys[@]}" --output groups.$each \
        --ranks-per-run $each
    check_runs groups.$each $each
done
# Fewer runs than ranks: groups of unequal size; on nodes of two ranks each they have a node each. More
# groups than runs: the others have nothing to do.
same=(--sweep 'seed=1,2' --set reproducible=true --set epochs=1)
expect_exit 0 "$NNMPI" train run.yaml "${same[@]}" --output one
expect_exit 0 ranks 3 "$NNMPI" train run.yaml "${same[@]}" --output unequal
expect_text 'in 2 groups of 1 to 2' out
expect_exit 0 ranks 4 env NNMPI_NODE_RANKS=2 "$NNMPI" train run.yaml "${same[@]}" --output nodes
expect_text 'in 2 groups of 2' out
expect_exit 0 ranks 4 "$NNMPI" train run.yaml "${same[@]}" --output idle --ranks-per-run 1
expect_text 'in 4 groups of 1' out
for output in unequal nodes idle; do
    for seed in 1 2; do expect_same_bits one/00$seed-seed=$seed/model.h5 $output/00$seed-seed=$seed/model.h5; done
done

# The table, its order, and the best run as the last line; another value to compare by.
head -n 1 on.2/sweep.csv | grep -qx 'run,optimizer.learning_rate,model.1.units,status,epochs,steps,model_epoch,loss,accuracy,val_loss,val_accuracy,best_val_loss,best_epoch,seconds,folder' ||
    fail "other columns: $(head -n 1 on.2/sweep.csv)"
# A swept key that has the name of another column stands beside it, in the table and in the last line.
expect_exit 0 "$NNMPI" train run.yaml --sweep epochs=2,1 --sweep loss=sparse_categorical_crossentropy --output named
head -n 1 named/sweep.csv | grep -qx 'run,swept_epochs,swept_loss,status,epochs,steps,model_epoch,loss,accuracy,.*' ||
    fail "other columns: $(head -n 1 named/sweep.csv)"
[ -z "$(head -n 1 named/sweep.csv | tr , '\n' | sort | uniq -d)" ] || fail 'two columns have one name'
[ "$(column named/sweep.csv swept_epochs | xargs) $(column named/sweep.csv epochs | xargs)" = '2 1 2 1' ] ||
    fail 'epochs are not those that were wanted and trained'
grep -qE '^run  swept_epochs  swept_loss  +status  epochs  model_epoch  loss  ' out || fail 'the table shows other names'
[ -z "$(tail -n 1 out | grep -o '"[a-z_]*":' | sort | uniq -d)" ] || fail 'a name is twice in the last line'
[ "$(field swept_epochs)" = "$(field epochs)" ] || fail 'the last line has other epochs'
expect_exit 0 "$NNMPI" train run.yaml --sweep epochs=2,1 --sweep loss=sparse_categorical_crossentropy --output named --resume
expect_text '2 of the runs have ended before' out
expect_error 78 'named/sweep.csv is of a sweep of epochs, loss: to go on' train run.yaml --sweep seed=1 --output named --resume

best=$(tail -n +2 on.2/sweep.csv | sort -t , -g -k 10 | head -n 1)
expect_exit 0 "$NNMPI" train run.yaml --set epochs=2 "${keys[@]}" --output on.2 --resume
expect_text '6 of the runs have ended before' out
[ "$(field run)" = "${best%%,*}" ] || fail "the last line is not about the best run, $best"
[ "$(field model.1.units)" = "$(echo "$best" | cut -d , -f 3)" ] || fail 'it has another value'
expect_near best_val_loss "$(field best_val_loss)" "$(echo "$best" | cut -d , -f 12)" 0
tail -n 1 out | grep -qF "\"folder\": \"on.2/00${best%%,*}-" || fail 'it names another folder'
# shellcheck disable=SC2046 # numbers
set -- $(sed -n '/^run  /,/^table/p' out | sed '1d;$d' | awk '{ print $9 }')
[ $# = 6 ] || fail 'the table has not 6 runs'
printf '%s\n' "$@" | sort -gc || fail "the table is not sorted: $*"
expect_exit 0 "$NNMPI" train run.yaml --set epochs=2 "${keys[@]}" --output on.2 --resume --sweep-by accuracy
most=$(column on.2/sweep.csv accuracy | sort -g | tail -n 1)
expect_near accuracy "$(field accuracy)" "$most" 0
expect_exit 0 "$NNMPI" train run.yaml --set data.validation=null --set epochs=1 --sweep seed=1,2 --output bare
field best_loss >/dev/null

# Runs that have become worse than they were: what counts is the model that there is, not the best epoch.
expect_exit 0 "$NNMPI" train run.yaml --set epochs=15 --set 'optimizer={name: sgd, learning_rate: 4.0}' \
    --sweep seed=1,2,3 --sweep 'early_stopping=null,{patience: 50, restore_best_weights: true}' --output worse
mv out sweep.out
for folder in worse/00*; do
    expect_exit 0 "$NNMPI" eval "$folder/model.h5" --data small.h5
    echo "${folder#worse/} $(field loss)"
done >losses
while read -r folder loss; do
    row=$(grep "$folder" worse/sweep.csv | sed 's/"[^"]*"/yaml/')
    expect_near "val_loss of $folder" "$(echo "$row" | cut -d , -f 10)" "$loss" 1e-5
    epoch=15
    [[ $folder != *restore* ]] || epoch=$(echo "$row" | cut -d , -f 13)
    [ "$(echo "$row" | cut -d , -f 7)" = "$epoch" ] || fail "the model of $folder is not of epoch $epoch"
done <losses
mv sweep.out out
best=$(sort -k 2 -g losses | head -n 1)
grep -qx "best model: worse/${best% *}/model.h5" out || fail "the best model is ${best% *}"
tail -n 1 out | grep -qF "\"folder\": \"worse/${best% *}\"" || fail 'the last line names another'
[ "$(awk -F, 'NR > 1 { sub(/"[^"]*"/, "yaml") } $3 == "null" && $13 < 15' worse/sweep.csv | wc -l)" -gt 0 ] ||
    fail 'no run has become worse'

# A last epoch that is cut short is one of those that are compared.
expect_exit 0 "$NNMPI" train run.yaml --set max_steps=33 --set epochs=4 --sweep seed=1,2 --output cut \
    --set 'early_stopping={patience: 50, restore_best_weights: true}'
[ "$(column cut/sweep.csv model_epoch | tr '\n' ' ')" = '3 3 ' ] || fail 'the models are not of the cut epoch'
[ "$(column cut/sweep.csv best_epoch | tr '\n' ' ')" = '3 3 ' ] || fail 'the cut epoch is not the best'
for run in 1 2; do
    expect_exit 0 "$NNMPI" eval cut/00$run-seed=$run/model.h5 --data small.h5
    expect_near "val_loss of run $run" "$(field loss)" "$(column cut/sweep.csv val_loss | sed -n ${run}p)" 1e-5
done

# Its folders are those of runs.
run=on.2/003-learning_rate=0.1,units=16
expect_exit 0 "$NNMPI" eval $run/model.h5 --data small.h5
expect_exit 0 "$NNMPI" train run.yaml --set optimizer.learning_rate=0.1 --set model.1.units=16 --output $run \
    --resume --set epochs=3
[ "$(column $run/metrics.csv epoch | tail -n 1)" = 3 ] || fail 'a run of a sweep cannot be gone on with'
expect_exit 0 "$NNMPI" train run.yaml --sweep 'optimizer={name: sgd, momentum: 0.5},rmsprop' \
    --sweep 'loss=sparse_categorical_crossentropy' --set epochs=1 --output maps
grep -q '^1,"{name: sgd, momentum: 0.5}",sparse_categorical_crossentropy,done,' maps/sweep.csv || fail 'quotes are missing'
expect_exit 0 "$NNMPI" train run.yaml --sweep 'optimizer={name: sgd, momentum: 0.5},rmsprop' \
    --sweep 'loss=sparse_categorical_crossentropy' --set epochs=1 --output maps --resume
expect_text '2 of the runs have ended before' out

# What is wrong is said before anything is made.
refused() { # CODE TEXT ARGUMENT...
    local code=$1 text=$2
    shift 2
    expect_error "$code" "$text" train run.yaml "$@" --output new
    [ ! -e new ] || fail "a refused sweep leaves a folder: $*"
}
expect_error_everywhere 78 "--sweep optimizer.learning_rte=0.1:1:1: adam has no key 'learning_rte'; did you mean 'learning_rate'?" \
    train run.yaml --output new --sweep optimizer.learning_rte=0.1,0.2
refused 78 '--sweep model.1.units=-1:1:1' --sweep seed=1,2 --sweep model.1.units=8,-1
refused 64 '--sweep seed: it must be KEY=A,B,C' --sweep seed
refused 64 '--sweep seed is given twice' --sweep seed=1 --sweep seed=2
refused 64 'two runs are the same: seed=1 and seed=1' --sweep seed=1,2,1
refused 64 'two runs are the same: learning_rate=1' --sweep optimizer.learning_rate=1,1.0
refused 64 "--sweep-by val_los: there is no such value; did you mean 'val_loss'?" --sweep seed=1,2 --sweep-by val_los
refused 64 "--sweep-by val_acc: there is no such value; did you mean 'val_accuracy'?" --sweep seed=1,2 --sweep-by val_acc
refused 64 '--sweep-by speed: there is no such value; there are: loss, accuracy, and each with val_ in front' \
    --sweep seed=1,2 --sweep-by speed
refused 64 '--sweep-by val_loss: there is no validation data' --sweep data.validation=null,/test --sweep-by val_loss
refused 64 '--ranks-per-run 2: 1 rank cannot be split' --sweep seed=1,2 --ranks-per-run 2
refused 64 '--ranks-per-run wants a number of ranks' --sweep seed=1,2 --ranks-per-run 0
refused 64 '--ranks-per-run belongs to --sweep' --ranks-per-run 1
refused 64 '--sweep-by belongs to --sweep' --sweep-by loss
refused 64 '--profile is for one run' --sweep seed=1,2 --profile
refused 66 'new: there is no sweep to resume' --sweep seed=1,2 --resume
expect_error_everywhere 73 'on.2 holds a sweep already' train run.yaml --sweep seed=1,2 --output on.2
expect_error 73 'alone.1 holds a run already, and a sweep wants' train run.yaml --sweep seed=1,2 --output alone.1

# The run file of one of its runs is not replaced with it.
before=$(cksum alone.1/* one/*/*)
expect_error 73 'one/002-seed=2/config.yaml is the run file itself' train one/002-seed=2/config.yaml --sweep seed=3,4 \
    --output one --overwrite
[ "$before" = "$(cksum alone.1/* one/*/*)" ] || fail 'a sweep that is refused changes runs'

# Without its table a sweep's runs are nobody's, and are not replaced unasked.
expect_exit 0 "$NNMPI" train run.yaml --sweep seed=1,2 --set epochs=1 --output lost
rm lost/sweep.csv
before=$(cksum lost/001-seed=1/*)
expect_exit 73 "$NNMPI" train run.yaml --sweep seed=1,2 --set epochs=2 --output lost
expect_text 'lost/001-seed=1 holds a run already' err
[ "$before" = "$(cksum lost/001-seed=1/*)" ] || fail 'a run without a table is replaced'
expect_exit 0 "$NNMPI" train run.yaml --sweep seed=1,2 --set epochs=2 --output lost --overwrite

# A run that diverges, and one that fails, whose folder is a file; the others go on. On more ranks the code
# is the same: rank 0's message, and one for each run.
mkdir bad.1 bad.3
for count in 1 3; do
    touch bad.$count/003-learning_rate=1.0
    expect_exit 76 "$NNMPI" train run.yaml --output diverged.$count --set 'optimizer=sgd' --set model.1.activation=relu \
        --sweep optimizer.learning_rate=0.1,1e30,0.2
    expect_text 'nnmpi: run 2 (learning_rate=1.0e+30): step ' err
    expect_text 'nnmpi: of the 3 runs of the sweep 1 diverged and 0 failed' err
    [ "$(column diverged.$count/sweep.csv status | tr '\n' ' ')" = 'done diverged done ' ] || fail 'other states'
    rm -f code.*
    # shellcheck disable=SC2016 # expanded by the ranks
    ranks $count bash -c '"$NNMPI" "$@"; echo $? >code.$OMPI_COMM_WORLD_RANK' bash train run.yaml \
        --output bad.$count --set optimizer=sgd --set model.1.activation=relu \
        --sweep optimizer.learning_rate=0.1,1e30,1.0 >out 2>err || fail 'mpirun fails'
    [ "$(cat code.* | sort -u)" = 73 ] || fail "the ranks leave with $(cat code.*) instead of 73"
    [ "$(grep -c 'nnmpi: run 3 (learning_rate=1.0): ' err)" = 1 ] || fail 'the failing run has not one message'
    [ "$(column bad.$count/sweep.csv status | tr '\n' ' ')" = 'done diverged failed ' ] || fail 'other states'
    [ "$(field run)" = 1 ] || fail 'the last line is not about the run that is done'
done
rm bad.3/003-learning_rate=1.0 # what has failed is tried again, what has diverged is not
expect_exit 76 "$NNMPI" train run.yaml --output bad.3 --resume --set optimizer=sgd \
    --set model.1.activation=relu --sweep optimizer.learning_rate=0.1,1e30,1.0
expect_text '2 of the runs have ended before' out
[ "$(column bad.3/sweep.csv status | tr '\n' ' ')" = 'done diverged done ' ] || fail 'it was not tried again'
