"""The desk: the stewards' web pages."""

from quality.desk.app import make_desk
from quality.desk.visit import Visitor

__all__ = ["Visitor", "make_desk"]
