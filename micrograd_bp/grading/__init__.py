"""A student's backpropagation: opened, run, judged, and its mistake named.

From outside come ``grade.check_backprop`` and ``sandbox.grade_submission``. It imports
``checking``, ``comparison``, ``gradients`` and the packages below.
"""
