# Completion of rilo-reader for bash 4 and later, made by: rilo-reader completion bash
_rilo_reader() {
    local cur prev cword words=() takes=nothing offers='' options='' value=''
    local typed text prefix='' quote='' others
    COMPREPLY=()
    if declare -F _get_comp_words_by_ref >/dev/null; then
        _get_comp_words_by_ref -n := cur prev words cword
    else
        words=("${COMP_WORDS[@]}") cword=$COMP_CWORD cur=$2 prev=$3
    fi
    if ((cword == 1)); then
        takes=folder offers='@COMMANDS@' options='@STARTS@ --color --help --version'
    fi
    case $((cword > 1)):${words[1]} in
@CASES@    esac
    if [[ -z $value && ($cur == - || $cur == --*) ]]; then
        mapfile -t COMPREPLY < <(compgen -W "$options" -- "$cur")
        return
    fi
    mapfile -t COMPREPLY < <(compgen -W "$offers" -- "$cur")
    case $takes in nothing | folder | file) ;; *)
        # Quoted as is typed; what is offered comes from articles, and is never run.
        [[ $cur == [\"\']* ]] && quote=${cur:0:1}
        typed=${cur//[\\\'\"]/}
        if [[ -z $quote && $typed == *:* && $COMP_WORDBREAKS == *:* ]]; then
            printf -v prefix %q "${typed%"${typed##*:}"}"
        fi
        while IFS=$'\t' read -r text _; do
            case $quote in
            \') [[ $text == *\'* ]] && continue ;;
            \") [[ $text == *[\"\$\`\\!]* ]] && continue ;;
            *) printf -v text %q "$text" ;;
            esac
            COMPREPLY+=("${text:${#prefix}}")
        done < <("${words[0]/#\~/$HOME}" --candidates "$takes" "${words[@]:1:cword-1}" "$typed" 2>/dev/null)
        [[ ${#COMPREPLY[@]} == 1 && ${COMPREPLY[0]} == *: ]] && compopt -o nospace
        [[ ${#COMPREPLY[@]} == 0 && $takes == article ]] && takes=file ;;
    esac
    case $takes in
    folder) compopt -o filenames; mapfile -t -O ${#COMPREPLY[@]} COMPREPLY < <(compgen -d -- "$cur") ;;
    file) compopt -o filenames; mapfile -t -O ${#COMPREPLY[@]} COMPREPLY < <(compgen -f -- "$cur") ;;
    esac
    if ((cword == 1)); then
        mapfile -t others < <(compgen -c -- "rilo-reader-$cur")
        COMPREPLY+=("${others[@]#rilo-reader-}")
    fi
} 2>/dev/null
complete -F _rilo_reader rilo-reader rilo
