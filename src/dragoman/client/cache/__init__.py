"""Answers kept, so that the same question is paid for once: in memory, on disk, or where the caller's class keeps them.

module        what lives there
------------  -----------------------------------------------------------------------
`base.py`     `BaseCache`, what every cache has, and `AutoCache`, in memory
`disk.py`     `DiskCache`
`answers.py`  which answers are the same, and the flow that looks before it asks
"""
