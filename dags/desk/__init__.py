"""The desk: the stewards' web pages."""

from dags.desk.app import make_desk
from dags.desk.visit import Visitor

__all__ = ["Visitor", "make_desk"]
