#!/usr/bin/env bash
# completion.sh: bash completes every command that nnmpi --help names, every option of each command, and what
# its options and arguments take.
# shellcheck source-path=SCRIPTDIR source=../cli/lib.sh
. "$SOURCE_DIR/tests/cli/lib.sh"

for library in /usr/share/bash-completion/bash_completion /usr/local/share/bash-completion/bash_completion ''; do
    [ ! -r "$library" ] || break
done
[ -n "$library" ] || skip 'bash-completion is not installed'
ln -s "$NNMPI" nnmpi
export PATH=$PWD:$PATH

# complete WORD...: what bash offers for the last word, sorted, in the file offers. A shell of its own, that
# loads the completion as an interactive one does.
put driver <<'END'
. "$LIBRARY"
. "$SOURCE_DIR/packaging/bash/nnmpi"
COMP_WORDS=("$@") COMP_CWORD=$(($# - 1)) COMP_LINE="$*"
COMP_POINT=${#COMP_LINE}
command=$(complete -p nnmpi | sed -E 's/.*-F ([^ ]+) .*/\1/')
"$command" nnmpi "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD - 1]}"
[ ${#COMPREPLY[@]} -eq 0 ] || printf '%s\n' "${COMPREPLY[@]}"
END
complete() {
    LIBRARY=$library bash --norc driver nnmpi "$@" >offers 2>err || fail "completing $* fails: $(cat err)"
    [ ! -s err ] || fail "completing $* complains: $(cat err)"
    sort -o offers offers
}
# offers 'WORD WORD' LINE...: these and no others.
offers() {
    local wanted
    wanted=$(tr ' ' '\n' <<<"$1" | sort)
    shift
    complete "$@"
    [ "$(cat offers)" = "$wanted" ] || fail "for $* bash offers: $(tr '\n' ' ' <offers)"
}

"$NNMPI" --help >help
mapfile -t commands < <(sed -nE 's/^  nnmpi ([a-z-]+).*/\1/p' help)
[ ${#commands[@]} -ge 7 ] || fail 'nnmpi --help names fewer commands than there are'
offers "${commands[*]} --help --version" ''
offers 'train' tr
for command in "${commands[@]}"; do
    "$NNMPI" "$command" --help >help.command
    complete "$command" -
    { # info has none
        grep -E '^ +-|^Usage: |^ +nnmpi ' help.command | sed -E 's/^.*nnmpi //; s/([^ ])   *.*/\1/' |
            grep -oE -- '(^|[ [|])--?[a-z][a-z-]*' | grep -oE -- '-.*' | sort -u
    } >wanted || true
    while read -r option; do
        grep -qxF -- "$option" offers || fail "$command $option is not completed"
    done <wanted
    # And the other way round: what is offered is an option.
    while read -r option; do
        [ "$option" = --help ] || [[ $option != --* ]] || grep -qF -- "$option" help.command ||
            fail "$command has no $option"
    done <offers
done

cp "$SOURCE_DIR/datasets/digits/train.yaml" "$SOURCE_DIR/datasets/digits/digits.h5" .
mkdir folder
touch table.csv.gz x.npy
offers 'folder train.yaml' train ''
offers 'train.yaml' train tr
offers 'auto always never' train train.yaml --progress ''
offers 'auto always' train train.yaml --progress a
offers 'folder' train train.yaml --output f
offers 'digits.h5 folder' eval ''
offers 'digits.h5' eval model.h5 --data d
offers 'train validation test' eval model.h5 --split ''
offers 'digits.h5 folder' plot ''
offers 'digits.h5 folder' info ''
offers 'digits.h5' info d
offers 'table.csv.gz' import csv ta
offers '0 1 2 3 4 5 6 7 8 9' import csv --compress ''
offers 'mean' import csv table.csv --fill m
offers '' import csv table.csv --title ''
offers 'train.yaml' config t
complete import ''
for word in csv idx npy; do grep -qx $word offers || fail "import $word is not completed"; done

# Keys of the run file, at any depth; each is one that --set takes.
offers 'batch_size=' train train.yaml --set batch
offers 'data.train=' train train.yaml --set data.train
offers 'model.3.units=' train train.yaml --set model.3.unit
offers 'optimizer.learning_rate.decay_steps=' config train.yaml --set optimizer.learning_rate.decay
complete train train.yaml --set ''
[ "$(wc -l <offers)" -ge 70 ] || fail "only $(wc -l <offers) keys"
for key in epochs= checkpoint.every_epochs= loss.label_smoothing= model.7.activation= optimizer.beta_1=; do
    grep -qxF "$key" offers || fail "--set $key is not completed"
done
# A run file of someone else's: bash would carry out what looks like a command among the words it is offered.
put foreign.yaml <<'END'
data: {file: digits.h5}
model: [{layer: Dense, units: 3, name: 'a:$(echo>carried_out):b'}, {layer: Dense, units: 3, name: 'a:`echo>carried_out`:b'}]
loss: mse
END
for letter in '' a m model.0.; do complete train foreign.yaml --set "$letter"; done
offers 'model.0.name=' train foreign.yaml --set model.0.na
[ ! -e carried_out ] || fail 'completion carries out what stands in a run file'

complete train train.yaml --set ''
while read -r key; do
    if ! "$NNMPI" config train.yaml --set "${key}1" >out 2>err; then expect_no_text 'has no key' err; fi
done < <(shuf -n 12 --random-source=offers offers)
