import {
  type CompletedCommand,
  type CompletedOption,
  type Grammar,
  PROGRAM,
  type Values,
} from './grammar.ts';

/** Completion script for zsh, which can be sourced or installed on fpath as `_nginx-ws-bench`. */
export function zshScript({ commands, profiles, tunings }: Grammar): string {
  return `#compdef ${PROGRAM}
# ${PROGRAM} in zsh: eval "$(${PROGRAM} completion zsh)", after compinit
_nginx_ws_bench_list() {
  compset -P '*,'
  compadd -S '' -- "$@"
}
_nginx_ws_bench_beginnings() {
  compadd -S '' -- "$@"
}
_nginx_ws_bench_variants() {
  local before=\${PREFIX%\${PREFIX##*[,+]}}
  compset -P '*[,+]'
  if [[ $before == *+ ]]; then compadd -S '' -- ${tunings.join(' ')}
  elif [[ $1 == list && -z $before ]]; then compadd -S '' -- all ${profiles.join(' ')}
  elif [[ $1 == list || $before != *, ]]; then compadd -S '' -- ${profiles.join(' ')}
  fi
}
_nginx_ws_bench() {
  local command=run
  if (( CURRENT == 2 )) && [[ $PREFIX != -* ]]; then
    local -a commands=(
${commands.map(({ name, help }) => `      ${quoted(`${name}:${help.replaceAll(':', '\\:')}`)}`).join('\n')}
    )
    _describe command commands
    return
  fi
  if [[ $words[2] != -* ]]; then
    command=$words[2]
    shift words
    (( CURRENT-- ))
  fi
  case $command in
${commands.map(caseOf).join('\n')}
  esac
}
if [[ $funcstack[1] == _nginx_ws_bench ]]; then
  _nginx_ws_bench "$@"
else
  compdef _nginx_ws_bench ${PROGRAM}
fi
`;
}

function caseOf({ name, options, operands }: CompletedCommand): string {
  const specs = [...options.map(specOf), ...operandSpec(operands)];
  return `    ${name})\n      _arguments -s${specs.map((spec) => ` \\\n        ${spec}`).join('')} ;;`;
}

/**
 * Describes an option to `_arguments`, escaping the brackets and colons that it would interpret
 * (zshcompsys(1)).
 */
function specOf({ name, short, help, values, many }: CompletedOption): string {
  const text = `[${help.replace(/[[\]:\\]/g, '\\$&')}]`;
  const action = values === null ? '' : `:${name}:${actionOf(values)}`;
  const star = many ? '*' : '';
  const equals = values === null ? '' : '=';
  if (short === null) return quoted(`${star}--${name}${equals}${text}${action}`);
  const both = many ? '' : `(-${short} --${name})`;
  return `${quoted(both + star)}{-${short},--${name}${equals}}${quoted(text + action)}`;
}

function operandSpec(operands: Values): string[] {
  if (operands.kind === 'words' && operands.words.length === 0) return [];
  return [quoted(`*:operand:${actionOf(operands)}`)];
}

function actionOf(values: Values): string {
  switch (values.kind) {
    case 'any':
      return ' ';
    case 'files':
      return '_files';
    case 'folders':
      return '_files -/';
    case 'words':
      return `(${values.words.join(' ')})`;
    case 'list':
      return `{_nginx_ws_bench_list ${values.words.join(' ')}}`;
    case 'beginnings':
      return `{_nginx_ws_bench_beginnings ${values.words.join(' ')}}`;
    case 'variants':
      return `{_nginx_ws_bench_variants ${values.isList ? 'list' : 'one'}}`;
  }
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
