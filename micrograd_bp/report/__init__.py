"""The interactive page: a result as one HTML file that needs no network.

From outside comes ``page.page_of``. It imports every package below; results reach it through
``Result.to_html`` alone, the house's one arrow upward.
"""
