"""The interactive page: a result as one HTML file that needs no network.

From outside come ``page.page_of`` and, as ``python -m micrograd_bp.report FOLDER``, the static
site. It imports every package below; results reach it through ``Result.to_html`` alone, the
house's one arrow upward.
"""
