#!/usr/bin/env bash
# jobs.sh: the scripts of slurm/ on a real Slurm of four nodes: they train; a job that meets its time
# limit five times, one that is requeued, and one that loses a node end with the bits of a run that was
# never interrupted; srun that connects nobody is refused. The first of these takes its two or three
# minutes (Slurm looks at limits every 30 s) while the others go on.
# test: NP 4 TIMEOUT 560
# shellcheck source-path=SCRIPTDIR source=_cluster.sh
. "$SOURCE_DIR/tests/slurm/_cluster.sh"
enter_cluster "$0" "$@"
rm -rf tmp.*
export TMPDIR=$PWD # not /tmp, of which each node has its own
# shellcheck source=../cli/lib.sh disable=SC1091
. "$SOURCE_DIR/tests/cli/lib.sh"
unset TMPDIR OUTPUT
trap leave_cluster EXIT
start_cluster 4
say() { echo "jobs.sh: $SECONDS s: $*"; }
say 'Slurm has started'

ln -s "$SOURCE_DIR/slurm" slurm
"$TOOLS/make_dataset" small.h5 train=640 test=41 features=5
small_run small.yaml
# reproducible: whichever way the ranks lie. 10 steps an epoch, of which all ranks have a part; long
# enough not to be over when it is interrupted.
always='reproducible: true'
small_run long.yaml "$always" 'batch_size: 64' 'epochs: 300' 'checkpoint: {every_epochs: 5, keep: 3}'
small_run short.yaml "$always" 'batch_size: 64' 'epochs: 60' 'checkpoint: {every_epochs: 2, keep: 3}'

# nnmpi whose steps are slow until the job has been requeued $SLOW times.
put slow <<'END_OF_FILE'
#!/usr/bin/env bash
if [ "${SLURM_RESTART_COUNT:-0}" -lt "$SLOW" ]; then export LD_PRELOAD=$TOOLS/pace.so; fi
exec "$FAST" "$@"
END_OF_FILE
chmod +x slow
export FAST=$NNMPI

# submit ARGUMENT...: sets job; the job's name is its number as well.
submit() {
    job=$(sbatch --parsable "$@") || give_up "sbatch fails: $*"
}

has_checkpoint() {
    compgen -G "runs/$1/checkpoint-*.h5" >/dev/null
}

no_rank_of() {
    ! pgrep --full "train .*--output runs/$1" >/dev/null
}

was_requeued() {
    [ "$(restarts_of "$1")" -ge "$2" ]
}

# ---- a time limit that is met five times, beside all that follows ----
# The limit is a minute, with a warning 55 seconds before: as soon as Slurm looks.
NNMPI=$PWD/slow SLOW=5 submit --job-name=limit --nodelist=n1,n2 --nodes=2 --ntasks-per-node=1 \
    --cpus-per-task=1 --time=1 --signal=USR1@55 slurm/train.sbatch long.yaml
limit=$job
"$NNMPI" train long.yaml --output whole-long >/dev/null
"$NNMPI" train short.yaml --output whole-short >/dev/null

# ---- each script as it is ----
submit --ntasks=2 --cpus-per-task=1 slurm/one-node.sbatch small.yaml
one=$job
submit --ntasks-per-node=1 slurm/many-nodes.sbatch small.yaml
many=$job
submit --ntasks-per-node=1 --cpus-per-task=1 slurm/many-nodes-mpirun.sbatch small.yaml
mpirun=$job
submit --ntasks-per-node=1 --cpus-per-task=2 slurm/hybrid.sbatch small.yaml
hybrid=$job
submit --array=1-2 --ntasks-per-node=1 --cpus-per-task=1 slurm/sweep.sbatch small.yaml short.yaml
sweep=$job
submit --nodelist=n3,n4 --ntasks-per-node=1 slurm/scaling.sbatch small.yaml
scaling=$job
submit --nodes=2 --ntasks-per-node=1 --cpus-per-task=1 slurm/train.sbatch small.yaml --sweep seed=1,2,3
values=$job
for job in "$one" "$many" "$mpirun" "$hybrid"; do
    expect_job 0 "$job" 120
    [ -e "runs/nnmpi-$job/model.h5" ] || give_up "job $job has left no model"
done
for job in "${sweep}_1" "${sweep}_2" "$scaling" "$values"; do expect_job 0 "$job" 120; done
[ -e "runs/sweep-$sweep/1-small/model.h5" ] || give_up 'the first job of the sweep has left no model'
expect_same_bits "runs/sweep-$sweep/2-short/model.h5" whole-short/model.h5
[ "$(column "runs/nnmpi-$values/sweep.csv" status | xargs)" = 'done done done' ] ||
    give_up 'the sweep of values is not done'
[ "$(column "runs/scaling-$scaling/scaling.csv" ranks | tr '\n' ' ')" = '1 2 ' ] ||
    give_up 'the table of the scaling study is not what it should be'
say "all scripts have trained; on two nodes by srun and by mpirun"

# ---- one of an array is told to leave: it alone goes back into the queue, also where its number is that
# of the whole array ----
NNMPI=$PWD/slow SLOW=1 submit --array=1-3 --nodelist=n1,n2 --nodes=2 --ntasks-per-node=1 --cpus-per-task=1 \
    slurm/sweep.sbatch short.yaml short.yaml short.yaml
array=$job
all_of_array_have_checkpoints() {
    for k in 1 2 3; do has_checkpoint "../runs/sweep-$array/$k-short" || return 1; done
}
wait_for 120 'the first checkpoints of the array' all_of_array_have_checkpoints
told=$(scontrol --oneliner show job "$array" | sed -n "s/^JobId=$array ArrayJobId=$array ArrayTaskId=\([1-3]\) .*/\1/p")
[ -n "$told" ] || give_up 'no job of the array has its number'
scancel --signal=USR1 "${array}_$told"

# ---- the time limit with mpirun: the ranks get the signal through it ----
# On a node that no other job takes away below.
NNMPI=$PWD/slow SLOW=9 submit --nodelist=n1 --ntasks=2 --cpus-per-task=1 --time=1 \
    --signal=B:USR1@55 slurm/one-node.sbatch long.yaml
mpirun=$job

# ---- srun that connects nobody ----
expect_exit 64 srun --mpi=none --ntasks=2 "$NNMPI" train small.yaml --output none
expect_text 'srun --mpi=pmix' err
[ "$(grep -c nnmpi: err)" = 1 ] || fail 'the message should be one'
[ ! -e none ] || fail 'a training has begun'

# ---- a job of higher priority takes the nodes away: TERM, and time to save ----
NNMPI=$PWD/slow SLOW=1 submit --job-name=preempted --nodelist=n3,n4 --nodes=2 --ntasks-per-node=1 \
    --cpus-per-task=1 slurm/train.sbatch short.yaml
preempted=$job
wait_for 120 'the first checkpoint' has_checkpoint "preempted-$preempted"
submit --partition=urgent --nodelist=n3,n4 --exclusive --wrap='sleep 1' --output=urgent.log
expect_job 0 "$job" 120
expect_text 'a signal came' "preempted-$preempted.log"
expect_job 0 "$preempted" 120
[ "$(restarts_of "$preempted")" = 1 ] || give_up 'the job was not preempted once'
expect_same_bits "runs/preempted-$preempted/model.h5" whole-short/model.h5
say "a preempted job has saved, and gone on to the same bits"

# ---- scontrol requeue: no time to save, since srun kills the ranks when it gets TERM itself ----
NNMPI=$PWD/slow SLOW=1 submit --job-name=requeued --nodes=2 --ntasks-per-node=1 --cpus-per-task=1 \
    slurm/train.sbatch short.yaml
wait_for 120 'the first checkpoint' has_checkpoint "requeued-$job"
scontrol requeue "$job"
wait_for 120 'the requeueing' was_requeued "$job" 1
expect_job 0 "$job" 120
expect_same_bits "runs/requeued-$job/model.h5" whole-short/model.h5
say "a requeued job has gone on to the same bits"

# ---- a node dies ----
NNMPI=$PWD/slow SLOW=1 submit --job-name=bereft --nodes=2 --ntasks-per-node=1 --cpus-per-task=1 \
    slurm/train.sbatch short.yaml
wait_for 120 'the first checkpoint' has_checkpoint "bereft-$job"
kill_node 4
wait_for 120 'the requeueing' was_requeued "$job" 1
expect_job 0 "$job" 120
expect_same_bits "runs/bereft-$job/model.h5" whole-short/model.h5
say "a job that lost a node has gone on to the same bits"

# ---- slurmd dies alone, and nobody can end the rank that it has started: it ends by itself ----
NNMPI=$PWD/slow SLOW=1 submit --job-name=deaf --nodes=2 --nodelist=n2,n3 --ntasks-per-node=1 \
    --cpus-per-task=1 slurm/train.sbatch short.yaml --hang-timeout 20
wait_for 120 'the first checkpoint' has_checkpoint "deaf-$job"
kill_slurmd 3
wait_for 120 'the requeueing' was_requeued "$job" 1
scontrol update JobId="$job" ReqNodeList=n1,n2
expect_job 0 "$job" 120
expect_same_bits "runs/deaf-$job/model.h5" whole-short/model.h5
wait_for 120 'the end of the rank that was left' no_rank_of "deaf-$job"
say "a job whose slurmd has died has gone on to the same bits, and no rank is left"

for k in 1 2 3; do
    expect_job 0 "${array}_$k" 180
    [ "$(restarts_of "${array}_$k")" = $((k == told)) ] ||
        give_up "job $k of the array was requeued $(restarts_of "${array}_$k") times"
    expect_same_bits "runs/sweep-$array/$k-short/model.h5" whole-short/model.h5
done
say "job $told of an array, and no other, has gone back into the queue"

expect_job 75 "$mpirun" 120
has_checkpoint "nnmpi-$mpirun" || give_up 'mpirun has not let the ranks save'
say "mpirun has passed on the signal"

expect_job 0 "$limit" 300
[ "$(restarts_of "$limit")" = 5 ] || give_up "$(restarts_of "$limit") limits were met instead of 5"
[ "$(grep -c 'back into the queue' "limit-$limit.log")" = 5 ] || give_up 'it did not save five times'
expect_same_bits "runs/limit-$limit/model.h5" whole-long/model.h5
same_run "runs/limit-$limit" whole-long
say "five time limits: requeued five times, and the same bits"
