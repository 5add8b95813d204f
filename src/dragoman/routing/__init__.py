"""Where a request may go: policies that order targets, what is known of their health, and why one was or was not taken.

Pure: clocks and dice are passed in, and what a target is made of (`Target.served`) is not looked at here.
"""
