// Completion scripts: the words of each command, and files with the extensions its argument takes.

import { errors } from '../errors.ts';
import { didYouMean } from '../nearest.ts';
import type { Command } from './command.ts';
import { everywhere } from './options.ts';
import { topics } from './topics.ts';

type Entry = {
  readonly name: string;
  readonly summary: string;
  readonly words: readonly string[];
  readonly extensions: readonly string[];
};

/** Errors: USAGE for a shell there is no script for. */
export function completionScript(shell: string, commands: readonly Command[]): string {
  const script = scripts[shell];
  if (!script)
    throw errors.USAGE(`${shell} is not a shell it knows`, didYouMean(shell, Object.keys(scripts)));
  const entries = commands
    .filter((command) => !command.hidden)
    .map(({ name, summary, options, argument }) => ({
      name,
      summary,
      words: [...options, ...everywhere].flatMap(({ flags }) => flags.match(/--[a-z][a-z-]*/g) ?? []),
      extensions: argument?.extensions ?? [],
    }));
  return script([
    ...entries,
    { name: 'help', summary: 'Show a command or a topic', words: Object.keys(topics), extensions: [] },
  ]);
}

const scripts: Readonly<Record<string, (entries: readonly Entry[]) => string>> = {
  bash: (entries) => `_mlctl() {
  local current="\${COMP_WORDS[COMP_CWORD]}"
  if [ "$COMP_CWORD" -eq 1 ]; then
    COMPREPLY=( $(compgen -W "${entries.map(({ name }) => name).join(' ')}" -- "$current") )
    return
  fi
  local words="" pattern=""
  case "\${COMP_WORDS[1]}" in
${entries.map((entry) => `    ${entry.name}) words="${entry.words.join(' ')}"; pattern="${glob(entry.extensions)}" ;;`).join('\n')}
  esac
  case "$current" in
    -*) COMPREPLY=( $(compgen -W "$words" -- "$current") ) ;;
    *)
      if [ "\${COMP_WORDS[1]}" = help ]; then COMPREPLY=( $(compgen -W "$words" -- "$current") ); return; fi
      compopt -o filenames 2>/dev/null
      COMPREPLY=( $(compgen -d -- "$current") $(compgen -f -X "!\${pattern:-*}" -- "$current") )
      ;;
  esac
}
shopt -s extglob
complete -F _mlctl mlctl`,

  zsh: (entries) => `#compdef mlctl
_mlctl() {
  local -a commands
  commands=(
${entries.map(({ name, summary }) => `    '${name}:${summary.replaceAll("'", "'\\''").replaceAll(':', '\\:')}'`).join('\n')}
  )
  if (( CURRENT == 2 )); then
    _describe 'command' commands
    return
  fi
  case "$words[2]" in
${entries.map(zshCase).join('\n')}
  esac
}
compdef _mlctl mlctl`,

  fish: (entries) =>
    [
      'complete -c mlctl -f -n __fish_use_subcommand',
      ...entries.flatMap(({ name, summary, words }) => [
        `complete -c mlctl -n __fish_use_subcommand -a ${name} -d '${summary.replaceAll("'", "\\'")}'`,
        ...words.map((word) =>
          word.startsWith('--')
            ? `complete -c mlctl -n '__fish_seen_subcommand_from ${name}' -l ${word.slice(2)}`
            : `complete -c mlctl -f -n '__fish_seen_subcommand_from ${name}' -a ${word}`,
        ),
      ]),
    ].join('\n'),

  powershell: (entries) => `Register-ArgumentCompleter -Native -CommandName mlctl -ScriptBlock {
  param($word, $ast, $position)
  $words = @{
${entries.map(({ name, words }) => `    '${name}' = @(${words.map((word) => `'${word}'`).join(', ')})`).join('\n')}
  }
  $given = $ast.CommandElements | Select-Object -Skip 1 | ForEach-Object { $_.ToString() }
  $first = @($given)[0]
  $candidates = if ($first -and $words.ContainsKey($first)) { $words[$first] } else { $words.Keys | Sort-Object }
  $candidates | Where-Object { $_ -like "$word*" } | ForEach-Object {
    [System.Management.Automation.CompletionResult]::new($_, $_, 'ParameterValue', $_)
  }
}`,
};

function glob(extensions: readonly string[]): string {
  return extensions.length === 0 ? '' : `*@(${extensions.join('|')})`;
}

function zshCase({ name, words, extensions }: Entry): string {
  const files = extensions.length === 0 ? '_files' : `_files -g "*(${extensions.join('|')})"`;
  return name === 'help'
    ? `    help) compadd -- ${words.join(' ')} ;;`
    : `    ${name}) if [[ "$words[CURRENT]" == -* ]]; then compadd -- ${words.join(' ')}; else ${files}; fi ;;`;
}
