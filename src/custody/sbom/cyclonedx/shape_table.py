"""Every type of CycloneDX 1.7, one a line: what it holds, in the order of the XML schema, and since which version.

Spec: https://cyclonedx.org/specification/overview/, the XML schemas 1.0 to 1.6 and the JSON schemas 1.2 to 1.7. Read by
`shape.py`, which says how a line is written.
"""

from __future__ import annotations

__all__ = ["SHAPES"]

SHAPES = """
bom: @serialNumber @version:int metadata:metadata components[component]:component services[service]:service
     externalReferences[reference]:reference dependencies:dependencies compositions[composition]:composition/1.3
     properties[property]:property/1.5 vulnerabilities[vulnerability]:vulnerability/1.4
     annotations[annotation]:annotation/1.5 formulation[formula]:formula/1.5 declarations:declarations/1.6
     definitions:definitions/1.6 citations!/1.7 signature!/1.4

metadata: timestamp lifecycles[lifecycle]:lifecycle/1.5 tools:tools authors[author]:contact component:component
     manufacturer:organization/1.6 manufacture:organization supplier:organization licenses:licences/1.3
     properties[property]:property/1.3 distributionConstraints!/1.7
lifecycle: phase name description
tool: vendor name version hashes[hash]:hash externalReferences[reference]:reference/1.4
toolset: components[component]:component services[service]:service

organization: @bom-ref/1.5 name address:address/1.6 url* contact*:contact
contact: @bom-ref/1.5 name email phone
address: @bom-ref country region locality postOfficeBoxNumber postalCode streetAddress
party: organization:organization individual:contact
steward: organization:organization contact=individual:contact

component: @type @mime-type @bom-ref supplier:organization manufacturer:organization/1.6 authors[author]:contact/1.6
     author publisher group name version versionRange/1.7 isExternal:bool/1.7 description scope hashes[hash]:hash
     licenses:licences copyright cpe purl omniborId*/1.6 swhid*/1.6 swid:swid modified:bool pedigree:pedigree
     externalReferences[reference]:reference properties[property]:property/1.3 components[component]:component
     evidence:evidence/1.3 releaseNotes:releaseNotes/1.4 modelCard:modelCard/1.5 data*:data/1.5
     cryptoProperties:cryptoProperties/1.6 tags[tag]/1.6 patentAssertions!/1.7 signature!/1.4
swid: @tagId @name @version @tagVersion:int @patch:bool text:attachment url
attachment: @contentType=content-type @encoding .content
hash: @alg .content
property: @name .value
reference: @type url comment hashes[hash]:hash/1.3 properties[property]:property/1.7
licence: @bom-ref/1.5 @acknowledgement/1.6 id name text:attachment url licensing:licensing/1.5
     properties[property]:property/1.5
expression: @bom-ref/1.5 @acknowledgement/1.6 .expression expressionDetails!/1.7 licensing!/1.7 properties!/1.7
licensing: altIds[altId] licensor:party licensee:party purchaser:party purchaseOrder licenseTypes[licenseType]
     lastRenewal expiration
pedigree: ancestors[component]:component descendants[component]:component variants[component]:component
     commits[commit]:commit patches[patch]:patch notes
commit: uid url author:action committer:action message
action: timestamp name email
patch: @type diff:diff resolves[issue]:issue
diff: text:attachment url
issue: @type id name description source:source references[url]
source: name url
releaseNotes: type title featuredImage socialImage description timestamp aliases[alias] tags[tag] resolves[issue]:issue
     notes[note]:note properties[property]:property
note: locale text:attachment

evidence: identity*:identity/1.5 occurrences[occurrence]:occurrence/1.5 callstack:callstack/1.5 licenses:licences
     copyright[text]:copyright
identity: field confidence:num concludedValue/1.6 methods[method]:method tools[tool]:ref
method: technique confidence:num value
occurrence: @bom-ref location line:int/1.6 offset:int/1.6 symbol/1.6 additionalContext/1.6
callstack: frames[frame]:frame
frame: package module function parameters[parameter] line:int column:int fullFilename
copyright: .text

service: @bom-ref provider:organization group name version description endpoints[endpoint] authenticated:bool
     x-trust-boundary:bool trustZone/1.5 data:serviceData licenses:licences
     externalReferences[reference]:reference properties[property]:property/1.3 services[service]:service
     releaseNotes:releaseNotes/1.4 tags[tag]/1.6 patentAssertions!/1.7 signature!/1.4
flow: flow! @name/1.5 @description/1.5 classification:classification governance:governance/1.5 source[url]/1.5
     destination[url]/1.5
governance: custodians[custodian]:steward stewards[steward]:steward owners[owner]:steward

dependency: @ref dependsOn* provides*/1.6
composition: @bom-ref/1.5 aggregate assemblies[assembly]:ref dependencies[dependency]:ref
     vulnerabilities[vulnerability]:ref/1.5 signature!/1.4
vulnerability: @bom-ref id source:source references[reference]:alias ratings[rating]:rating cwes[cwe]:int description
     detail recommendation workaround/1.5 proofOfConcept:proof/1.5 advisories[advisory]:advisory created published
     updated rejected/1.5 credits:credits tools:tools analysis:analysis affects[target]:target
     properties[property]:property
alias: id source:source
rating: source:source score:num severity method vector justification
proof: reproductionSteps environment supportingMaterial[attachment]:attachment
advisory: title url
credits: organizations[organization]:organization individuals[individual]:contact
analysis: state justification response=responses[response] detail firstIssued/1.5 lastUpdated/1.5
target: ref versions[version]:affected
affected: version range status
annotation: @bom-ref subjects[subject]:ref annotator:annotator timestamp text signature!
annotator: organization:organization individual:contact component:component service:service

modelCard: @bom-ref modelParameters:modelParameters quantitativeAnalysis:quantitativeAnalysis
     considerations:considerations properties[property]:property
modelParameters: approach:approach task architectureFamily modelArchitecture datasets[dataset]:dataset
     inputs[input]:format outputs[output]:format
approach: type
format: format
quantitativeAnalysis: performanceMetrics[performanceMetric]:metric graphics:graphics
metric: type value slice confidenceInterval:interval
interval: lowerBound upperBound
graphics: description collection[graphic]:graphic
graphic: name image:attachment
considerations: users[user] useCases[useCase] technicalLimitations[technicalLimitation]
     performanceTradeoffs[performanceTradeoff] ethicalConsiderations[ethicalConsideration]:risk
     environmentalConsiderations:environmental/1.6 fairnessAssessments[fairnessAssessment]:fairness
risk: name mitigationStrategy
fairness: groupAtRisk benefits harms mitigationStrategy
environmental: energyConsumptions[energyConsumption]:energy properties[property]:property
energy: activity energyProviders*:energyProvider activityEnergyCost:measure co2CostEquivalent:measure
     co2CostOffset:measure properties[property]:property
measure: value:num unit
energyProvider: @bom-ref description organization:organization energySource energyProvided:measure
     externalReferences[reference]:reference
data: @bom-ref type name contents:contents classification sensitiveData* graphics:graphics description
     governance:governance
contents: attachment:attachment url properties[property]:property

formula: @bom-ref components[component]:component services[service]:service workflows[workflow]:workflow
     properties[property]:property
workflow: @bom-ref uid name description resourceReferences[resourceReference]:resource tasks[task]:task
     taskDependencies:dependencies taskTypes[taskType] trigger:trigger steps[step]:step inputs[input]:input
     outputs[output]:output timeStart timeEnd workspaces[workspace]:workspace runtimeTopology:dependencies
     properties[property]:property
task: @bom-ref uid name description resourceReferences[resourceReference]:resource taskTypes[taskType] trigger:trigger
     steps[step]:step inputs[input]:input outputs[output]:output timeStart timeEnd workspaces[workspace]:workspace
     runtimeTopology:dependencies properties[property]:property
resource: ref externalReference:reference
workspace: @bom-ref uid name aliases[alias] description resourceReferences[resourceReference]:resource accessMode
     mountPath managedDataType volumeRequest volume:volume properties[property]:property
volume: uid name mode path sizeAllocated persistent:bool remote:bool properties[property]:property
step: name description commands[command]:command properties[property]:property
command: executed properties[property]:property
trigger: @bom-ref uid name description resourceReferences[resourceReference]:resource type event:event
     conditions[condition]:condition timeActivated inputs[input]:input outputs[output]:output
     properties[property]:property
event: uid description timeReceived data:attachment source:resource target:resource properties[property]:property
condition: description expression properties[property]:property
input: resource:resource parameters[parameter]:parameter environmentVars:variables data:attachment source:resource
     target:resource properties[property]:property
output: resource:resource environmentVars:variables data:attachment type source:resource target:resource
     properties[property]:property
parameter: name value dataType

cryptoProperties: assetType algorithmProperties:algorithm certificateProperties:certificate
     relatedCryptoMaterialProperties:material protocolProperties:protocol oid
algorithm: primitive algorithmFamily/1.7 parameterSetIdentifier curve ellipticCurve/1.7 executionEnvironment
     implementationPlatform certificationLevel* mode padding cryptoFunctions[cryptoFunction] classicalSecurityLevel:int
     nistQuantumSecurityLevel:int
certificate: serialNumber/1.7 subjectName issuerName notValidBefore notValidAfter signatureAlgorithmRef
     subjectPublicKeyRef certificateFormat certificateExtension certificateFileExtension/1.7 fingerprint!/1.7
     certificateState!/1.7 creationDate/1.7 activationDate/1.7 deactivationDate/1.7 revocationDate/1.7
     destructionDate/1.7 certificateExtensions!/1.7 relatedCryptographicAssets!/1.7
material: type id state algorithmRef creationDate activationDate updateDate expirationDate value size:int format
     securedBy:securedBy fingerprint!/1.7 relatedCryptographicAssets!/1.7
securedBy: mechanism algorithmRef
protocol: type version cipherSuites[cipherSuite]:cipherSuite ikev2TransformTypes:ikev2 cryptoRefArray=cryptoRef*
     relatedCryptographicAssets!/1.7
cipherSuite: name algorithms[algorithm] identifiers[identifier] tlsGroups!/1.7 tlsSignatureSchemes!/1.7
ikev2: encr* prf* integ* ke* esn:bool auth*

declarations: assessors[assessor]:assessor attestations[attestation]:attestation claims[claim]:claim
     evidence[evidence]:proving targets:targets affirmation:affirmation signature!
assessor: @bom-ref thirdParty:bool organization:organization
attestation: summary assessor map*:mapped signature!
mapped: requirement claims[claim] counterClaims[counterClaim] conformance:conformance confidence:confidence
conformance: score:num rationale mitigationStrategies[mitigationStrategy]
confidence: score:num rationale
claim: @bom-ref target predicate mitigationStrategies[mitigationStrategy] reasoning evidence* counterEvidence*
     externalReferences[reference]:reference signature!
proving: @bom-ref propertyName description data*:provingData created expires author:contact reviewer:contact signature!
provingData: name contents:contents classification sensitiveData* governance:governance
targets: organizations[organization]:organization components[component]:component services[service]:service
affirmation: statement signatories[signatory]:signatory signature!
signatory: name role organization:organization externalReference:reference signature!
definitions: standards[standard]:standard patents!/1.7
standard: @bom-ref name version description owner requirements[requirement]:requirement levels[level]:level
     externalReferences[reference]:reference signature!
requirement: @bom-ref identifier title text descriptions[description] openCre* parent properties[property]:property
     externalReferences[reference]:reference
level: @bom-ref identifier title description requirements[requirement]
"""
"""See `custody.sbom.cyclonedx.shape`."""
