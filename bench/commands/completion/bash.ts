import { type CompletedCommand, type Grammar, PROGRAM, type Values } from './grammar.ts';

/** Completion function for bash 4 or later; uses only bash builtins. */
export function bashScript({ commands, profiles, tunings }: Grammar): string {
  return `# ${PROGRAM} in bash: eval "$(${PROGRAM} completion bash)"
_nginx_ws_bench_words() {
  mapfile -t COMPREPLY < <(compgen -W "$1" -- "$cur")
}
_nginx_ws_bench_on() {
  compopt -o nospace 2>/dev/null
}
_nginx_ws_bench_list() {
  local last=\${cur##*,}
  mapfile -t COMPREPLY < <(compgen -P "\${cur%"$last"}" -W "$1" -- "$last")
  _nginx_ws_bench_on
}
_nginx_ws_bench_variants() {
  local names='${profiles.join(' ')}' last=\${cur##*[,+]}
  local before=\${cur%"$last"}
  if [[ $before == *+ ]]; then names='${tunings.join(' ')}'
  elif [[ $1 == list && -z $before ]]; then names="all $names"
  elif [[ $1 != list && $before == *, ]]; then return
  fi
  mapfile -t COMPREPLY < <(compgen -P "$before" -W "$names" -- "$last")
  _nginx_ws_bench_on
}
_nginx_ws_bench_files() {
  compopt -o filenames 2>/dev/null
  mapfile -t COMPREPLY < <(compgen "$1" -- "$cur")
}
_nginx_ws_bench() {
  local cur=\${COMP_WORDS[COMP_CWORD]} prev=\${COMP_WORDS[COMP_CWORD-1]} command=\${COMP_WORDS[1]}
  COMPREPLY=()
  # --name=value comes as three words
  if [[ $cur == = ]]; then cur=
  elif [[ $prev == = ]]; then prev=\${COMP_WORDS[COMP_CWORD-2]}
  fi
  [[ $command == -* || $COMP_CWORD -eq 1 ]] && command=run
  case "$command $prev" in
${commands.flatMap(valueCases).join('\n')}
  esac
  if [[ $cur == -* ]]; then
    case "$command" in
${commands.map(optionCase).join('\n')}
    esac
    return
  fi
  if [[ $COMP_CWORD -eq 1 ]]; then
    _nginx_ws_bench_words '${commands.map(({ name }) => name).join(' ')}'
    return
  fi
  case "$command" in
${commands.map(({ name, operands }) => `    ${name}) ${proposed(operands)} ;;`).join('\n')}
  esac
}
complete -F _nginx_ws_bench ${PROGRAM}
`;
}

function valueCases({ name, options }: CompletedCommand): string[] {
  return options.flatMap(({ values, ...option }) => {
    if (values === null) return [];
    const names = [`--${option.name}`, ...(option.short === null ? [] : [`-${option.short}`])];
    return [`    ${names.map((each) => `"${name} ${each}"`).join(' | ')}) ${proposed(values)}; return ;;`];
  });
}

function optionCase({ name, options }: CompletedCommand): string {
  return `      ${name}) _nginx_ws_bench_words '${options.map((option) => `--${option.name}`).join(' ')}' ;;`;
}

/**
 * No quoting is needed: all words are the bench's own names, which consist of letters, digits, `.`, `-` and
 * `+`.
 */
function proposed(values: Values): string {
  switch (values.kind) {
    case 'any':
      return ':';
    case 'files':
      return '_nginx_ws_bench_files -f';
    case 'folders':
      return '_nginx_ws_bench_files -d';
    case 'words':
      return `_nginx_ws_bench_words '${values.words.join(' ')}'`;
    case 'list':
      return `_nginx_ws_bench_list '${values.words.join(' ')}'`;
    case 'beginnings':
      return `_nginx_ws_bench_on; _nginx_ws_bench_words '${values.words.join(' ')}'`;
    case 'variants':
      return `_nginx_ws_bench_variants ${values.isList ? 'list' : 'one'}`;
  }
}
