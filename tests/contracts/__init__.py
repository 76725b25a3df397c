"""What every implementation of a port has to do: the one in memory, the one on AWS, and whatever comes after.

A test module gives its implementations as a fixture and inherits the tests. All of them use ids of their own, so that
they may share a table or queue that others use too.
"""
