"""The classes, properties and words of SPDX 3.0.1: https://spdx.github.io/spdx-spec/v3.0.1/model/.

The table has one line for each class: its name, the one it extends, and its own properties. An abstract class has a "~"
before its name. A property is name[*][!]:kind, with "*" where there may be several, and "!" where there must be one.
Kinds: text, uri, time, flag, number, whole, ref (to an element, or the element itself), =Word (one of WORDS), and the
name of a class that stands inside. Names are those of the compacted form.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

__all__ = ["INDIVIDUALS", "WORDS", "Class", "Property", "classes", "is_a"]

_TABLE = """
CreationInfo -: specVersion!:text created!:time createdBy*!:ref createdUsing*:ref comment:text
DictionaryEntry -: key!:text value:text
ExternalIdentifier -: externalIdentifierType!:=ExternalIdentifierType identifier!:text comment:text
 identifierLocator*:uri issuingAuthority:text
ExternalMap -: externalSpdxId!:uri definingArtifact:ref locationHint:uri verifiedUsing*:IntegrityMethod
ExternalRef -: externalRefType:=ExternalRefType locator*:text contentType:text comment:text
~IntegrityMethod -: comment:text
Hash IntegrityMethod: algorithm!:=HashAlgorithm hashValue!:text
PackageVerificationCode IntegrityMethod: algorithm!:=HashAlgorithm hashValue!:text
 packageVerificationCodeExcludedFile*:text
software_ContentIdentifier IntegrityMethod: software_contentIdentifierType!:=software_ContentIdentifierType
 software_contentIdentifierValue!:uri
NamespaceMap -: prefix!:text namespace!:uri
PositiveIntegerRange -: beginIntegerRange!:whole endIntegerRange!:whole
ai_EnergyConsumption -: ai_finetuningEnergyConsumption*:ai_EnergyConsumptionDescription
 ai_inferenceEnergyConsumption*:ai_EnergyConsumptionDescription
 ai_trainingEnergyConsumption*:ai_EnergyConsumptionDescription
ai_EnergyConsumptionDescription -: ai_energyQuantity!:number ai_energyUnit!:=ai_EnergyUnitType
extension_CdxPropertyEntry -: extension_cdxPropName!:text extension_cdxPropValue:text
~extension_Extension -:
extension_CdxPropertiesExtension extension_Extension: extension_cdxProperty*!:extension_CdxPropertyEntry
~Element -: creationInfo!:ref name:text summary:text description:text comment:text extension*:extension_Extension
 externalIdentifier*:ExternalIdentifier externalRef*:ExternalRef verifiedUsing*:IntegrityMethod
~ElementCollection Element: element*:ref rootElement*:ref profileConformance*:=ProfileIdentifierType
SpdxDocument ElementCollection: dataLicense:ref import*:ExternalMap namespaceMap*:NamespaceMap
Bundle ElementCollection: context:text
Bom Bundle:
software_Sbom Bom: software_sbomType*:=software_SbomType
IndividualElement Element:
Agent Element:
Organization Agent:
Person Agent:
SoftwareAgent Agent:
Tool Element:
Annotation Element: annotationType!:=AnnotationType subject!:ref statement:text contentType:text
Relationship Element: from!:ref to*!:ref relationshipType!:=RelationshipType completeness:=RelationshipCompleteness
 startTime:time endTime:time
LifecycleScopedRelationship Relationship: scope:=LifecycleScopeType
~Artifact Element: originatedBy*:ref suppliedBy:ref builtTime:time releaseTime:time validUntilTime:time
 standardName*:text supportLevel*:=SupportType
~software_SoftwareArtifact Artifact: software_primaryPurpose:=software_SoftwarePurpose
 software_additionalPurpose*:=software_SoftwarePurpose software_attributionText*:text
 software_contentIdentifier*:software_ContentIdentifier software_copyrightText:text
software_Package software_SoftwareArtifact: software_packageVersion:text software_packageUrl:uri
 software_downloadLocation:uri software_homePage:uri software_sourceInfo:text
software_File software_SoftwareArtifact: contentType:text software_fileKind:=software_FileKindType
software_Snippet software_SoftwareArtifact: software_snippetFromFile!:ref software_byteRange:PositiveIntegerRange
 software_lineRange:PositiveIntegerRange
~simplelicensing_AnyLicenseInfo Element:
simplelicensing_LicenseExpression simplelicensing_AnyLicenseInfo: simplelicensing_licenseExpression!:text
 simplelicensing_licenseListVersion:text simplelicensing_customIdToUri*:DictionaryEntry
simplelicensing_SimpleLicensingText Element: simplelicensing_licenseText!:text
~expandedlicensing_LicenseAddition Element: expandedlicensing_additionText!:text
 expandedlicensing_isDeprecatedAdditionId:flag expandedlicensing_licenseXml:text expandedlicensing_obsoletedBy:text
 expandedlicensing_seeAlso*:uri expandedlicensing_standardAdditionTemplate:text
expandedlicensing_ListedLicenseException expandedlicensing_LicenseAddition: expandedlicensing_deprecatedVersion:text
 expandedlicensing_listVersionAdded:text
expandedlicensing_CustomLicenseAddition expandedlicensing_LicenseAddition:
~expandedlicensing_ExtendableLicense simplelicensing_AnyLicenseInfo:
~expandedlicensing_License expandedlicensing_ExtendableLicense: simplelicensing_licenseText!:text
 expandedlicensing_isDeprecatedLicenseId:flag expandedlicensing_isFsfLibre:flag expandedlicensing_isOsiApproved:flag
 expandedlicensing_licenseXml:text expandedlicensing_obsoletedBy:text expandedlicensing_seeAlso*:uri
 expandedlicensing_standardLicenseHeader:text expandedlicensing_standardLicenseTemplate:text
expandedlicensing_ListedLicense expandedlicensing_License: expandedlicensing_deprecatedVersion:text
 expandedlicensing_listVersionAdded:text
expandedlicensing_CustomLicense expandedlicensing_License:
expandedlicensing_IndividualLicensingInfo simplelicensing_AnyLicenseInfo:
expandedlicensing_OrLaterOperator expandedlicensing_ExtendableLicense: expandedlicensing_subjectLicense!:ref
expandedlicensing_WithAdditionOperator simplelicensing_AnyLicenseInfo: expandedlicensing_subjectAddition!:ref
 expandedlicensing_subjectExtendableLicense!:ref
expandedlicensing_ConjunctiveLicenseSet simplelicensing_AnyLicenseInfo: expandedlicensing_member*!:ref
expandedlicensing_DisjunctiveLicenseSet simplelicensing_AnyLicenseInfo: expandedlicensing_member*!:ref
build_Build Element: build_buildType!:uri build_buildId:text build_buildStartTime:time build_buildEndTime:time
 build_configSourceDigest*:Hash build_configSourceEntrypoint*:text build_configSourceUri*:uri
 build_environment*:DictionaryEntry build_parameter*:DictionaryEntry
security_Vulnerability Artifact: security_modifiedTime:time security_publishedTime:time security_withdrawnTime:time
~security_VulnAssessmentRelationship Relationship: suppliedBy:ref security_assessedElement:ref
 security_modifiedTime:time security_publishedTime:time security_withdrawnTime:time
security_CvssV2VulnAssessmentRelationship security_VulnAssessmentRelationship: security_score!:number
 security_vectorString!:text
security_CvssV3VulnAssessmentRelationship security_VulnAssessmentRelationship: security_score!:number
 security_severity!:=security_CvssSeverityType security_vectorString!:text
security_CvssV4VulnAssessmentRelationship security_VulnAssessmentRelationship: security_score!:number
 security_severity!:=security_CvssSeverityType security_vectorString!:text
security_EpssVulnAssessmentRelationship security_VulnAssessmentRelationship: security_percentile!:number
 security_probability!:number
security_ExploitCatalogVulnAssessmentRelationship security_VulnAssessmentRelationship:
 security_catalogType!:=security_ExploitCatalogType security_exploited!:flag security_locator!:uri
security_SsvcVulnAssessmentRelationship security_VulnAssessmentRelationship:
 security_decisionType!:=security_SsvcDecisionType
~security_VexVulnAssessmentRelationship security_VulnAssessmentRelationship: security_statusNotes:text
 security_vexVersion:text
security_VexAffectedVulnAssessmentRelationship security_VexVulnAssessmentRelationship: security_actionStatement!:text
 security_actionStatementTime:time
security_VexFixedVulnAssessmentRelationship security_VexVulnAssessmentRelationship:
security_VexNotAffectedVulnAssessmentRelationship security_VexVulnAssessmentRelationship:
 security_impactStatement:text security_impactStatementTime:time
 security_justificationType:=security_VexJustificationType
security_VexUnderInvestigationVulnAssessmentRelationship security_VexVulnAssessmentRelationship:
ai_AIPackage software_Package: ai_autonomyType:=PresenceType ai_domain*:text
 ai_energyConsumption:ai_EnergyConsumption ai_hyperparameter*:DictionaryEntry ai_informationAboutApplication:text
 ai_informationAboutTraining:text ai_limitation:text ai_metric*:DictionaryEntry
 ai_metricDecisionThreshold*:DictionaryEntry ai_modelDataPreprocessing*:text ai_modelExplainability*:text
 ai_safetyRiskAssessment:=ai_SafetyRiskAssessmentType ai_standardCompliance*:text ai_typeOfModel*:text
 ai_useSensitivePersonalInformation:=PresenceType
dataset_DatasetPackage software_Package: dataset_datasetType*!:=dataset_DatasetType
 dataset_anonymizationMethodUsed*:text dataset_confidentialityLevel:=dataset_ConfidentialityLevelType
 dataset_dataCollectionProcess:text dataset_dataPreprocessing*:text
 dataset_datasetAvailability:=dataset_DatasetAvailabilityType dataset_datasetNoise:text dataset_datasetSize:whole
 dataset_datasetUpdateMechanism:text dataset_hasSensitivePersonalInformation:=PresenceType dataset_intendedUse:text
 dataset_knownBias*:text dataset_sensor*:DictionaryEntry
"""

WORDS: Mapping[str, frozenset[str]] = {
    name: frozenset(words.split())
    for name, words in {
        "AnnotationType": "other review",
        "ExternalIdentifierType": "cpe22 cpe23 cve email gitoid other packageUrl securityOther swhid swid urlScheme",
        "ExternalRefType": "altDownloadLocation altWebPage binaryArtifact bower buildMeta buildSystem "
        "certificationReport chat componentAnalysisReport cwe documentation dynamicAnalysisReport eolNotice "
        "exportControlAssessment funding issueTracker license mailingList mavenCentral metrics npm nuget other "
        "privacyAssessment productMetadata purchaseOrder qualityAssessmentReport releaseHistory releaseNotes "
        "riskAssessment runtimeAnalysisReport secureSoftwareAttestation securityAdversaryModel securityAdvisory "
        "securityFix securityOther securityPenTestReport securityPolicy securityThreatModel socialMedia "
        "sourceArtifact staticAnalysisReport support vcs vulnerabilityDisclosureReport "
        "vulnerabilityExploitabilityAssessment",
        "HashAlgorithm": "adler32 blake2b256 blake2b384 blake2b512 blake3 crystalsDilithium crystalsKyber falcon md2 "
        "md4 md5 md6 other sha1 sha224 sha256 sha384 sha3_224 sha3_256 sha3_384 sha3_512 sha512",
        "LifecycleScopeType": "build design development other runtime test",
        "PresenceType": "no noAssertion yes",
        "ProfileIdentifierType": "ai build core dataset expandedLicensing extension lite security simpleLicensing "
        "software",
        "RelationshipCompleteness": "complete incomplete noAssertion",
        "RelationshipType": "affects amendedBy ancestorOf availableFrom configures contains coordinatedBy copiedTo "
        "delegatedTo dependsOn descendantOf describes doesNotAffect expandsTo exploitCreatedBy fixedBy fixedIn foundBy "
        "generates hasAddedFile hasAssessmentFor hasAssociatedVulnerability hasConcludedLicense hasDataFile "
        "hasDeclaredLicense hasDeletedFile hasDependencyManifest hasDistributionArtifact hasDocumentation "
        "hasDynamicLink hasEvidence hasExample hasHost hasInput hasMetadata hasOptionalComponent hasOptionalDependency "
        "hasOutput hasPrerequisite hasProvidedDependency hasRequirement hasSpecification hasStaticLink hasTest "
        "hasTestCase hasVariant invokedBy modifiedBy other packagedBy patchedBy publishedBy reportedBy republishedBy "
        "serializedInArtifact testedOn trainedOn underInvestigationFor usesTool",
        "SupportType": "deployed development endOfSupport limitedSupport noAssertion noSupport support",
        "ai_EnergyUnitType": "kilowattHour megajoule other",
        "ai_SafetyRiskAssessmentType": "high low medium serious",
        "dataset_ConfidentialityLevelType": "amber clear green red",
        "dataset_DatasetAvailabilityType": "clickthrough directDownload query registration scrapingScript",
        "dataset_DatasetType": "audio categorical graph image noAssertion numeric other sensor structured syntactic "
        "text timeseries timestamp video",
        "security_CvssSeverityType": "critical high low medium none",
        "security_ExploitCatalogType": "kev other",
        "security_SsvcDecisionType": "act attend track trackStar",
        "security_VexJustificationType": "componentNotPresent inlineMitigationsAlreadyExist "
        "vulnerableCodeCannotBeControlledByAdversary vulnerableCodeNotInExecutePath vulnerableCodeNotPresent",
        "software_ContentIdentifierType": "gitoid swhid",
        "software_FileKindType": "directory file",
        "software_SbomType": "analyzed build deployed design runtime source",
        "software_SoftwarePurpose": "application archive bom configuration container data device deviceDriver "
        "diskImage documentation evidence executable file filesystemImage firmware framework install library manifest "
        "model module operatingSystem other patch platform requirement source specification test",
    }.items()
}
"""Enumeration → its words."""

INDIVIDUALS = frozenset(
    start + name
    for name, space in (
        ("NoAssertionElement", "Core"),
        ("NoneElement", "Core"),
        ("SpdxOrganization", "Core"),
        ("NoAssertionLicense", "ExpandedLicensing"),
        ("NoneLicense", "ExpandedLicensing"),
    )
    for start in (
        f"https://spdx.org/rdf/3.0.1/terms/{space}/",
        f"https://spdx.org/rdf/3.0.0/terms/{space}/",
        "" if space == "Core" else "expandedlicensing_",
    )
)
"""Elements that nobody needs to define, in the full and in the compacted form."""


@dataclass(frozen=True, slots=True)
class Property:
    """One property. kind: see the module; several: whether it may have many values."""

    name: str
    kind: str
    several: bool
    required: bool


@dataclass(frozen=True, slots=True)
class Class:
    """One class, with its own and the inherited properties, by name. bases: itself, and all that it extends."""

    name: str
    abstract: bool
    bases: frozenset[str]
    properties: Mapping[str, Property]


@cache
def classes() -> Mapping[str, Class]:
    """Give all classes by name."""
    found: dict[str, Class] = {}
    for row in _TABLE.replace("\n ", " ").strip().splitlines():
        head, _, tail = row.partition(": ")
        name, base = head.rstrip(":").split()
        above = found.get(base)
        properties = dict(above.properties) if above else {}
        for stated in tail.split():
            label, _, kind = stated.partition(":")
            plain = label.rstrip("*!")
            properties[plain] = Property(plain, kind, "*" in label, "!" in label)
        plain = name.removeprefix("~")
        bases = frozenset({plain, *(above.bases if above else ())})
        found[plain] = Class(plain, name.startswith("~"), bases, properties)
    return found


def is_a(name: object, base: str) -> bool:
    """Say whether a class is another one, or extends it."""
    found = classes().get(name) if isinstance(name, str) else None
    return found is not None and base in found.bases
