# fish completion for operatorctl and operatord: the programs themselves know what may follow.
function __operator_complete
    set -l given (commandline -opc)
    set -l lines ($given[1] __complete $given[2..] (commandline -ct) 2>/dev/null)
    if test "$lines[1]" = :files
        __fish_complete_path (commandline -ct)
    else
        printf '%s\n' $lines
    end
end
complete -c operatorctl -f -a '(__operator_complete)'
complete -c operatord -f -a '(__operator_complete)'
