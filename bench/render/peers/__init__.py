"""The lesson made with other libraries. These files run in an environment of their own, which has those."""
