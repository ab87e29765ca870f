#compdef rilo-reader rilo
# Completion of rilo-reader for zsh, made by: rilo-reader completion zsh
_rilo_reader_ask() {
    local -a texts shown names
    local text meaning kind=$1
    shift
    (( $# )) && compadd -- "$@"
    [[ $kind == nothing ]] && return
    while IFS=$'\t' read -r text meaning; do
        if [[ $text == *: ]]; then
            names+=("$text")
        else
            texts+=("$text") shown+=("$text${meaning:+  $meaning}")
        fi
    done < <("$program" --candidates "$kind" "${before[@]}" "${(Q)PREFIX}" 2>/dev/null)
    (( $#texts )) && compadd -U -l -d shown -a -- texts
    (( $#names )) && compadd -U -S '' -a -- names
    (( $#texts + $#names )) || { [[ $kind == article ]] && _files }
}
_rilo_reader() {
    local program=${~words[1]} verb=$words[2]
    local -a before verbs others
    if (( CURRENT == 2 )); then
        verbs=(
@COMMANDS@        )
        _describe -t commands command verbs
        others=(${${(k)commands[(I)rilo-reader-*]}#rilo-reader-})
        (( $#others )) && compadd -a others
        _arguments @STARTS@'--color[colours]' '--help[this help]' '--version[the version]' '1:FOLDER:_files -/'
        return
    fi
    before=("${(@Q)words[2,CURRENT-1]}")
    shift words
    (( CURRENT-- ))
    case $verb in
@CASES@    esac
}
if [[ $zsh_eval_context[-1] == loadautofunc ]]; then
    _rilo_reader "$@"
else
    compdef _rilo_reader rilo-reader rilo
fi
