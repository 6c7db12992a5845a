"""What no one thinks of as backpropagation: validation, files, tables, results, executors.

Everything here may be imported from anywhere; it imports nothing of the package.
"""
