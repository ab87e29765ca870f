# Completion of rilo-reader for fish, made by: rilo-reader completion fish
function __rilo_reader_ask -a kind
    set -l words (commandline -opc)
    $words[1] --candidates $kind $words[2..] (commandline -ct) 2>/dev/null
end
function __rilo_reader_in -a verb place
    set -l words (commandline -opc)
    test "$words[2]" = "$verb"; and begin
        test -z "$place"; or test (count $words) -eq $place
    end
end
for name in rilo-reader rilo
    complete -c $name -f
    complete -c $name -n __fish_is_first_token -a '(__fish_complete_directories)'
    complete -c $name -n __fish_is_first_token -a '(complete -C rilo-reader- | string replace -fr "^rilo-reader-([\\w-]+)(\\t.*)?\$" "\$1\tof another program")'
    complete -c $name -n __fish_is_first_token -l color -x -a 'auto always never' -d colours
    complete -c $name -n __fish_is_first_token -s h -l help -d 'this help'
    complete -c $name -n __fish_is_first_token -s V -l version -d 'the version'
@LINES@end
