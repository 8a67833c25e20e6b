"""What a registry's refusal means: its code and words, read into causes that say who acts and what to do.

    read_answer("civil_status", "500", "nksHoTen không được để trốngmeSoDDCN độ dài vượt quá")
    -> civil_status.field_empty at case.child.full_name, civil_status.value_too_long at case.mother.personal_id

Tables: `causes.csv` what is told to whom; `phrases.csv` the words seen, as whole sentences or as a field and what is
wrong with it; `codes.csv` what a code says when the words say nothing; `elements.csv` fields by their place in XML;
`terms.txt` the words that may stand in a fingerprint. To teach a new refusal is to add a line to `phrases.csv`.
"""

from quality.answers.causes import CAUSES, Cause, cause_of
from quality.answers.fingerprints import fingerprint
from quality.answers.reading import read_answer

__all__ = ["CAUSES", "Cause", "cause_of", "fingerprint", "read_answer"]
