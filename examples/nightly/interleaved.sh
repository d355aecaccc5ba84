#!/usr/bin/env bash
# Measures two checkouts in turn, old new new old, one repeat of every cell each time: what drifts
# on the machine, such as its warmth or a neighbour, falls on both alike. Each checkout has its
# own effprof, in .venv, and is entered: models and suite files are those it holds.
#
#   interleaved.sh OLD NEW ROUNDS [ARGUMENTS OF effprof run]
#   interleaved.sh base head 4 effprof.toml --cpu
#
# Writes old.jsonl.gz and new.jsonl.gz, for effprof compare. Four rounds are the fewest that can
# tell a change from chance, and an even number gives neither side the first place more often.
set -euo pipefail

if [ $# -lt 3 ]; then
    sed -n '2,/^set/s/^# \{0,1\}//p' "$0" >&2
    exit 2
fi
declare -A folder=([old]=$(realpath "$1") [new]=$(realpath "$2"))
rounds=$3
shift 3
for side in old new; do
    if [ ! -x "${folder[$side]}/.venv/bin/effprof" ]; then
        echo "interleaved.sh: no effprof in ${folder[$side]}/.venv; install it there" >&2
        exit 2
    fi
done

here=$PWD
stores=$(mktemp -d)
trap 'rm -rf "$stores"' EXIT

# One round of a side; what it prints of each cell goes to stderr. Status 3, a cell that failed or
# a busy machine, ends nothing: the comparison says of which cell it can tell nothing.
measure() {
    local side=$1 status=0
    shift
    echo "$side:" >&2
    (
        cd "${folder[$side]}" &&
            .venv/bin/effprof run "$@" --rounds 1 --no-report --store "$stores/$side.sqlite" >/dev/null
    ) || status=$?
    case $status in
        0 | 3) ;;
        *) exit "$status" ;;
    esac
}

for ((round = 1; round <= rounds; round++)); do
    turns="old new"
    if ((round % 2 == 0)); then turns="new old"; fi
    for side in $turns; do
        if ((round == 1)); then
            measure "$side" "$@" --repeats "$rounds"
        else
            measure "$side" --resume latest
        fi
    done
done

for side in old new; do
    "${folder[$side]}/.venv/bin/effprof" export latest "$here/$side.jsonl.gz" \
        --store "$stores/$side.sqlite"
done
