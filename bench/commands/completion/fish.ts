import {
  type CompletedCommand,
  type CompletedOption,
  type Grammar,
  PROGRAM,
  type Values,
} from './grammar.ts';

export function fishScript({ commands, profiles, tunings }: Grammar): string {
  const names = commands.map(({ name }) => name).join(' ');
  return `# ${PROGRAM} in fish: ${PROGRAM} completion fish | source
function __nginx_ws_bench_command
    set -l words (commandline -opc)
    if set -q words[2]; and contains -- $words[2] ${names}
        echo $words[2]
    else
        echo run
    end
end
function __nginx_ws_bench_in
    test (__nginx_ws_bench_command) = $argv[1]
end
function __nginx_ws_bench_first
    test (count (commandline -opc)) -eq 1
end
# What stands before the last comma or plus, with what may follow
function __nginx_ws_bench_after
    set -l before (string match -r '^(?:.*[,+])?' -- (commandline -ct | string replace -r '^--[a-z-]+=' ''))
    for word in $argv
        echo "$before$word"
    end
end
function __nginx_ws_bench_variants
    set -l typed (commandline -ct | string replace -r '^--[a-z-]+=' '')
    set -l profiles ${profiles.join(' ')}
    if string match -qr '\\+[^,+]*$' -- $typed
        __nginx_ws_bench_after ${tunings.join(' ')}
    else if string match -q '*,*' -- $typed
        test $argv[1] = list; and __nginx_ws_bench_after $profiles
    else if test $argv[1] = list
        __nginx_ws_bench_after all $profiles
    else
        __nginx_ws_bench_after $profiles
    end
end
complete -c ${PROGRAM} -f
${commands
  .map(({ name, help }) => `complete -c ${PROGRAM} -n __nginx_ws_bench_first -a ${name} -d ${quoted(help)}`)
  .join('\n')}
${commands.flatMap(linesOf).join('\n')}
`;
}

function linesOf({ name, options, operands }: CompletedCommand): string[] {
  const start = `complete -c ${PROGRAM} -n '__nginx_ws_bench_in ${name}'`;
  const own = options.map((option) => `${start} ${optionOf(option)} -d ${quoted(option.help)}`);
  if (operands.kind === 'words' && operands.words.length === 0) return own;
  const later = `complete -c ${PROGRAM} -n '__nginx_ws_bench_in ${name}; and not __nginx_ws_bench_first'`;
  return [...own, `${later} ${valuesOf(operands)}`];
}

function optionOf({ name, short, values }: CompletedOption): string {
  const names = `${short === null ? '' : `-s ${short} `}-l ${name}`;
  return values === null ? names : `${names} -r ${valuesOf(values)}`;
}

function valuesOf(values: Values): string {
  switch (values.kind) {
    case 'any':
      return '-f';
    case 'files':
      return '-F';
    case 'folders':
      return "-f -a '(__fish_complete_directories)'";
    case 'words':
    case 'beginnings':
      return `-f -a '${values.words.join(' ')}'`;
    case 'list':
      return `-f -a '(__nginx_ws_bench_after ${values.words.join(' ')})'`;
    case 'variants':
      return `-f -a '(__nginx_ws_bench_variants ${values.isList ? 'list' : 'one'})'`;
  }
}

/** Quotes text for fish. Within single quotes, fish interprets only backslashes and quotes. */
function quoted(text: string): string {
  return `'${text.replace(/[\\']/g, '\\$&')}'`;
}
