module videotutor.dev/bench/noop

go 1.26.0
