"""The providers, one small file each: the file's presence registers it, and nothing names it.

What several share, or what takes more than a screen, is beside this folder.
"""
