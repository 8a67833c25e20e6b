"""What a registry's refusal means: its code and words, read into causes that say who acts and what to do.

    reader.read_answer("civil_status", "500", "nksHoTen không được để trốngmeSoDDCN độ dài vượt quá")
    -> civil_status.field_empty at case.child.full_name, civil_status.value_too_long at case.mother.personal_id

A reader is made of the registries' own tables, which lie in their folders: `phrases.csv` the words seen, as whole
sentences or as a field and what is wrong with it; `codes.csv` what a code says when the words say nothing;
`elements.csv` fields by their place in XML. Beside this file: `causes.csv` what is shown to whom; the words of all
registries and those of the portals; `terms.txt` the words that may stand in a fingerprint. To teach a new refusal, add
a line to `phrases.csv`.
"""

from quality.answers.causes import CAUSES, RefusalCause, cause_of
from quality.answers.fingerprints import Fingerprints
from quality.answers.language import RefusalWords
from quality.answers.reading import AnswerReader

__all__ = ["CAUSES", "AnswerReader", "Fingerprints", "RefusalCause", "RefusalWords", "cause_of"]
