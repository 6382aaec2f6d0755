"""What the exit status of `lossdsl` means."""

CLEAN = 0
FINDINGS = 1
USAGE = 2  # wrong usage, or input that cannot be read
INTERNAL = 3
INTERRUPTED = 130  # 128 + SIGINT
BROKEN_PIPE = 141  # 128 + SIGPIPE
