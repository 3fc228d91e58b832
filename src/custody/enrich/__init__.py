"""What registries know of packages and an artifact does not say: licences, release dates, home pages, checksums.

    addresses = find_addresses(["npm=https://npm.example"], os.environ, Path.home(), workspace)
    asker = Asker(addresses, cache=AnswerCache(folder), clock=time.time)
    inventory, result = enrich(inventory, addresses, asker)
    result.summary()        # "enriched 812 of 903 packages: 640 licences, …; not asked: maven (no address)"

Nobody is asked unless an address is known: custody itself has none. Only what is empty is filled, and each field that
was filled says which answer it came from (`Package.enriched`). `services/` has one file for each service.
"""

from custody.enrich.addresses import Addresses, find_addresses
from custody.enrich.answers import AnswerCache
from custody.enrich.asking import Asker
from custody.enrich.fill import Enrichment, enrich

__all__ = ["Addresses", "AnswerCache", "Asker", "Enrichment", "enrich", "find_addresses"]
