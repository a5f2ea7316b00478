"""The command `videotutor-render`: the tasks of a video on one machine, without Kubernetes."""
