"""All mutants, by area: each area has a file of its own, in the order in which a dossier or a book goes its way."""

from tests.mutants.deciding import DECIDING
from tests.mutants.delivering import DELIVERING
from tests.mutants.drawing import DRAWING
from tests.mutants.entering import ENTERING
from tests.mutants.handing_in import HANDING_IN
from tests.mutants.keying import KEYING
from tests.mutants.loading import LOADING
from tests.mutants.scanning import SCANNING
from tests.mutants.searching import SEARCHING

MUTANTS = (*DELIVERING, *DECIDING, *ENTERING, *LOADING, *HANDING_IN, *KEYING, *SEARCHING, *SCANNING, *DRAWING)
