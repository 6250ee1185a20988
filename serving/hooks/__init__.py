"""Events told to receivers that others run, and signed reports from systems that hold no key of ours."""
