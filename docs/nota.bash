# Completion for bash: . docs/nota.bash; for zsh: autoload -U bashcompinit && bashcompinit && . docs/nota.bash
_nota() {
  local words="" word="${COMP_WORDS[COMP_CWORD]}"
  case $COMP_CWORD:${COMP_WORDS[1]} in
    1:*) words="run ask check new publish deliveries content feeds migrate doctor backup pictures questions mcp --version --help" ;;
    *:run) words="--held --help" ;;
    *:ask) words="--explain --help --json --language --platform" ;;
    *:check) words="--against --coverage --help --json --readiness --schema --schema-files --strict" ;;
    *:new) words="--from --help --languages --publisher --url bulletin catalogue dossier programme topic vapid-key" ;;
    *:publish) words="--confirm --dry-run --help --json --rollback --to" ;;
    *:deliveries) words="--csv --help --json --start --stop --unsuspend" ;;
    *:content) words="--help --json decisions export import" ;;
    *:feeds) words="--all --help --json --match candidates later reject take test" ;;
    *:migrate) words="--bot --dossier --help --json" ;;
    *:doctor) words="--help --json" ;;
    *:backup) words="--help --json --readers-only --replace --send-newer export import verify" ;;
    *:pictures) words="--help --json --svg" ;;
    *:questions) words="--claims --help --json --language --limit add" ;;
    *:mcp) words="--help" ;;
  esac
  COMPREPLY=($(compgen -W "$words" -- "$word"))
}
complete -o default -F _nota nota
