/*
 * The life of a peering with gSOAP, printed line by line on standard output.
 *
 * Usage: [LOGINS=sppp-data/demo-logins] life http://host:port
 *
 * LOGINS names a file with a user name and a password a line; without it, passwords are the user names.
 */

#include <cstdlib>
#include <fstream>
#include <functional>
#include <iostream>
#include <sstream>
#include <stdexcept>
#include <string>
#include <typeinfo>
#include <vector>

#include "httpda.h"
#include "soapspppSoapBindingProxy.h"
#include "spppSoapBinding.nsmap"

static const std::string SSP2 = "iana-en:222", SSP2_REGISTRAR = "iana-en:223", SSP3 = "iana-en:225";
static std::string server;

/* As in LOGINS. */
static std::string password_of(const std::string &wanted) {
  std::ifstream logins(std::getenv("LOGINS") ? std::getenv("LOGINS") : "");
  for (std::string user, password; logins >> user >> password;)
    if (user == wanted) return password;
  return wanted;
}

/* One user of one resource. All values live in the context of the proxy until it goes. */
class Party {
 public:
  spppSoapBindingProxy proxy;
  struct soap *soap = proxy.soap;

  explicit Party(const std::string &username, const std::string &path = "/sppp") : endpoint(server + path), user(username) {
    proxy.soap_endpoint = endpoint.c_str();
    soap_set_omode(soap, SOAP_XML_TREE | SOAP_IO_KEEPALIVE);
    soap_set_imode(soap, SOAP_IO_KEEPALIVE);
    soap_register_plugin(soap, http_da);
  }

  ~Party() {
    if (known) http_da_release(soap, &info);
    proxy.destroy();
  }

  /* The plug-in forgets the user after each call and is reminded before the next. */
  void call(const std::function<int()> &operation) {
    if (known) http_da_restore(soap, &info);
    int error = operation();
    if (error == 401 && !known) {
      http_da_save(soap, &info, soap->authrealm, user.c_str(), password_of(user).c_str());
      known = true;
      error = operation();
    }
    if (error != SOAP_OK) {
      proxy.soap_stream_fault(std::cerr);
      throw std::runtime_error("no answer");
    }
  }

 private:
  std::string endpoint, user;
  struct http_da_info info;
  bool known = false;
};

/* Values --------------------------------------------------------------------------------------------------------- */

template <class T>
static T *ours(T *object, const std::string &rant = SSP2, const std::string &rar = SSP2_REGISTRAR) {
  object->rant = rant;
  object->rar = rar;
  return object;
}

static ns1__ObjKeyType *key(struct soap *soap, ns1__ObjKeyTypeEnum type, const std::string &name, const std::string &rant = SSP2) {
  auto *made = soap_new_ns1__ObjKeyType(soap);
  made->rant = rant;
  made->name = name;
  made->type = type;
  return made;
}

static ns1__SedGrpOfferKeyType *offerKey(struct soap *soap) {
  auto *made = soap_new_ns1__SedGrpOfferKeyType(soap);
  made->sedGrpKey = key(soap, ns1__ObjKeyTypeEnum__SedGrp, "SG_LIFE");
  made->offeredTo = SSP3;
  return made;
}

static ns2__NumberRangeType *range(struct soap *soap) {
  auto *made = soap_new_ns2__NumberRangeType(soap);
  made->startRange = "+12025551000";
  made->endRange = "+12025551999";
  return made;
}

static ns1__PubIdKeyType *numberKey(struct soap *soap, ns2__NumberTypeEnum type, const std::string &value) {
  auto *made = soap_new_ns1__PubIdKeyType(soap);
  made->rant = SSP2;
  made->__union_PubIdKeyType = SOAP_UNION__ns1__union_PubIdKeyType_number;
  made->union_PubIdKeyType.number = soap_new_ns2__NumberType(soap);
  made->union_PubIdKeyType.number->value = value;
  made->union_PubIdKeyType.number->type = type;
  return made;
}

static ns1__PubIdKeyType *rangeKey(struct soap *soap) {
  auto *made = soap_new_ns1__PubIdKeyType(soap);
  made->rant = SSP2;
  made->__union_PubIdKeyType = SOAP_UNION__ns1__union_PubIdKeyType_range;
  made->union_PubIdKeyType.range = range(soap);
  return made;
}

static ns2__RegexParamType *regex(struct soap *soap, const std::string &ere, const std::string &repl) {
  auto *made = soap_new_ns2__RegexParamType(soap);
  made->ere = ere;
  made->repl = repl;
  return made;
}

static ns2__TNType *number(struct soap *soap, const std::string &tn) {
  auto *made = ours(soap_new_ns2__TNType(soap));
  made->dgName.push_back("DG_LIFE");
  made->tn = tn;
  return made;
}

static ns2__DestGrpType *destGrp(struct soap *soap, const std::string &name) {
  auto *made = ours(soap_new_ns2__DestGrpType(soap));
  made->dgName = name;
  return made;
}

/* Telling -------------------------------------------------------------------------------------------------------- */

/* gSOAP knows what a pointer to a base class really points to. */
static std::string typeOf(const ns2__BasicObjType *object) {
  switch (object->soap_type()) {
    case SOAP_TYPE_ns2__TNType: return "TNType";
    case SOAP_TYPE_ns2__NAPTRType: return "NAPTRType";
    case SOAP_TYPE_ns2__SedGrpType: return "SedGrpType";
    case SOAP_TYPE_ns2__EgrRteType: return "EgrRteType";
    default: return typeid(*object).name();
  }
}

static std::string typeOf(const ns2__ObjKeyType *key) {
  switch (key->soap_type()) {
    case SOAP_TYPE_ns1__ObjKeyType: return "ObjKeyType";
    case SOAP_TYPE_ns1__PubIdKeyType: return "PubIdKeyType";
    default: return typeid(*key).name();
  }
}

/* The enumerator's number is not the code; its text is. */
static std::string textOf(struct soap *soap, const ns1__ResultCodeType *result) {
  return std::string(soap_ns1__ResultCodeValType2s(soap, result->code)) + " " + result->msg;
}

static void show(struct soap *soap, const std::string &step, const ns1__ResultCodeType *overall, const std::string &more = "") {
  std::cout << step << ": " << textOf(soap, overall) << (more.empty() ? "" : " ") << more << "\n";
}

static void add(Party &party, const std::string &step, const std::vector<ns2__BasicObjType *> &objects, const char *clientTransId = nullptr) {
  _ns1__spppAddRequest request;
  _ns1__spppAddResponse answer;
  request.soap_default(party.soap);
  std::string id = clientTransId == nullptr ? "" : clientTransId;
  if (clientTransId != nullptr) request.clientTransId = &id;
  request.obj = objects;
  party.call([&] { return party.proxy.submitAddRqst(&request, answer); });
  show(party.soap, step, answer.overallResult);
  for (auto *detail : answer.detailResult) {
    std::cout << "  detailResult " << typeOf(detail->obj) << " " << textOf(party.soap, detail) << "\n";
  }
}

static void del(Party &party, const std::string &step, const std::vector<ns2__ObjKeyType *> &keys) {
  _ns1__spppDelRequest request;
  _ns1__spppDelResponse answer;
  request.soap_default(party.soap);
  request.objKey = keys;
  party.call([&] { return party.proxy.submitDelRqst(&request, answer); });
  show(party.soap, step, answer.overallResult);
  for (auto *detail : answer.detailResult) {
    std::cout << "  detailResult " << typeOf(detail->objKey) << " " << textOf(party.soap, detail) << "\n";
  }
}

static _ns1__spppGetResponse get(Party &party, const std::vector<ns2__ObjKeyType *> &keys) {
  _ns1__spppGetRequest request;
  _ns1__spppGetResponse answer;
  request.soap_default(party.soap);
  request.objKey = keys;
  party.call([&] { return party.proxy.submitGetRqst(&request, answer); });
  return answer;
}

typedef __ns1__union_spppBatchRequest Step;

static Step adding(ns2__BasicObjType *object) {
  Step step;
  step.__union_spppBatchRequest = SOAP_UNION__ns1__union_spppBatchRequest_addObj;
  step.union_spppBatchRequest.addObj = object;
  return step;
}

static Step deleting(ns2__ObjKeyType *key) {
  Step step;
  step.__union_spppBatchRequest = SOAP_UNION__ns1__union_spppBatchRequest_delObj;
  step.union_spppBatchRequest.delObj = key;
  return step;
}

/* In the order in which they stand, one verb as often as wanted. */
static void batch(Party &party, const std::string &step, const std::vector<Step> &steps) {
  _ns1__spppBatchRequest request;
  _ns1__spppBatchResponse answer;
  request.soap_default(party.soap);
  request.__union_spppBatchRequest = steps;
  party.call([&] { return party.proxy.submitBatchRqst(&request, answer); });
  show(party.soap, step, answer.overallResult);
  for (auto &result : answer.__union_spppBatchResponse) {
    if (result.__union_spppBatchResponse == SOAP_UNION__ns1__union_spppBatchResponse_addResult) {
      auto *detail = result.union_spppBatchResponse.addResult;
      std::cout << "  addResult " << typeOf(detail->obj) << " " << textOf(party.soap, detail) << "\n";
    } else if (result.__union_spppBatchResponse == SOAP_UNION__ns1__union_spppBatchResponse_delResult) {
      auto *detail = result.union_spppBatchResponse.delResult;
      std::cout << "  delResult " << typeOf(detail->objKey) << " " << textOf(party.soap, detail) << "\n";
    }
  }
}

/* The story ------------------------------------------------------------------------------------------------------ */

static void run() {
  Party ssp2("ssp2r"), ssp3("ssp3"), ssp2Partial("ssp2r", "/sppp/partial");
  struct soap *soap = ssp2.soap;

  /* Status */
  {
    _ns1__spppServerStatusRequest request;
    _ns1__spppServerStatusResponse answer;
    request.soap_default(soap);
    ssp2.call([&] { return ssp2.proxy.submitServerStatusRqst(&request, answer); });
    std::string more = soap_ns2__ServerStatusType2s(soap, answer.svcMenu->serverStatus);
    for (auto &spoken : answer.svcMenu->majMinVersion) more += " " + spoken;
    show(soap, "status", answer.overallResult, more);
  }

  /* What SSP2 has */
  add(ssp2, "add destination group", {destGrp(soap, "DG_LIFE")}, "life-1");
  auto *record = ours(soap_new_ns2__NAPTRType(soap));
  record->sedName = "SED_LIFE";
  record->isInSvc = true;
  record->order = 10;
  std::string flags = "u";
  record->flags = &flags;
  record->svcs = "E2U+sip";
  record->regx = regex(soap, "^(.*)$", "sip:\\1@sbe1.ssp2.example");
  add(ssp2, "add SED record", {record});
  auto *reference = soap_new_ns2__SedRecRefType(soap);
  reference->sedKey = key(soap, ns1__ObjKeyTypeEnum__SedRec, "SED_LIFE");
  reference->priority = 100;
  auto *group = ours(soap_new_ns2__SedGrpType(soap));
  group->sedGrpName = "SG_LIFE";
  group->sedRecRef.push_back(reference);
  group->dgName.push_back("DG_LIFE");
  group->isInSvc = true;
  group->priority = 10;
  add(ssp2, "add SED group", {group});
  auto *claimed = number(soap, "+12025550100");
  claimed->corInfo = soap_new_ns2__CORInfoType(soap);
  claimed->corInfo->corClaim = true;
  auto *ranged = ours(soap_new_ns2__TNRType(soap));
  ranged->dgName.push_back("DG_LIFE");
  ranged->range = range(soap);
  add(ssp2, "add numbers", {claimed, ranged});

  /* The peering */
  auto *offer = ours(soap_new_ns2__SedGrpOfferType(soap));
  offer->sedGrpOfferKey = offerKey(soap);
  offer->status = ns2__SedGrpOfferStatusType__offered;
  offer->offerDateTime = time(nullptr);
  add(ssp2, "offer", {offer});
  {
    _ns1__getSedGrpOffersRequest request;
    _ns1__spppGetResponse answer;
    request.soap_default(ssp3.soap);
    request.offeredTo.push_back(SSP3);
    auto status = ns2__SedGrpOfferStatusType__offered;
    request.status = &status;
    ssp3.call([&] { return ssp3.proxy.submitGetSedGrpOffersRqst(&request, answer); });
    std::string names;
    for (auto *object : answer.resultObj) {
      auto *found = dynamic_cast<ns2__SedGrpOfferType *>(object);
      names += dynamic_cast<ns1__SedGrpOfferKeyType *>(found->sedGrpOfferKey)->sedGrpKey->name;
    }
    show(ssp3.soap, "the peer's open offers", answer.overallResult, names);
  }
  {
    _ns1__spppAcceptRequest request;
    _ns1__spppAcceptResponse answer;
    request.soap_default(ssp3.soap);
    request.sedGrpOfferKey.push_back(offerKey(ssp3.soap));
    ssp3.call([&] { return ssp3.proxy.submitAcceptRqst(&request, answer); });
    show(ssp3.soap, "the peer accepts", answer.overallResult);
  }
  {
    auto answer = get(ssp3, {key(ssp3.soap, ns1__ObjKeyTypeEnum__SedGrp, "SG_LIFE"), key(ssp3.soap, ns1__ObjKeyTypeEnum__SedRec, "SED_LIFE")});
    auto *shared = dynamic_cast<ns2__SedGrpType *>(answer.resultObj.at(0));
    auto *naptr = dynamic_cast<ns2__NAPTRType *>(answer.resultObj.at(1));
    show(ssp3.soap, "the peer reads", answer.overallResult, typeOf(shared) + " " + shared->peeringOrg.at(0) + " " + typeOf(naptr) + " " + naptr->regx->repl);
  }
  auto *route = ours(soap_new_ns2__EgrRteType(ssp3.soap), SSP3, SSP3);
  route->egrRteName = "ER_LIFE";
  route->pref = 50;
  route->regxRewriteRule = regex(ssp3.soap, "^(.*@)(.*)$", "\\1\\2?route=egress.ssp3.example");
  route->ingrSedGrp.push_back(key(ssp3.soap, ns1__ObjKeyTypeEnum__SedGrp, "SG_LIFE"));
  add(ssp3, "the peer's egress route", {route});
  {
    auto answer = get(ssp3, {key(ssp3.soap, ns1__ObjKeyTypeEnum__EgrRte, "ER_LIFE", SSP3)});
    auto *found = dynamic_cast<ns2__EgrRteType *>(answer.resultObj.at(0));
    show(ssp3.soap, "the peer reads", answer.overallResult, typeOf(found) + " " + dynamic_cast<ns1__ObjKeyType *>(found->ingrSedGrp.at(0))->name);
  }
  {
    _ns1__getSedGrpOffersRequest request;
    _ns1__spppGetResponse answer;
    request.soap_default(soap);
    request.sedGrpOfferKey.push_back(offerKey(soap));
    ssp2.call([&] { return ssp2.proxy.submitGetSedGrpOffersRqst(&request, answer); });
    auto *found = dynamic_cast<ns2__SedGrpOfferType *>(answer.resultObj.at(0));
    show(soap, "the offer", answer.overallResult, soap_ns2__SedGrpOfferStatusType2s(soap, found->status));
  }

  /* Changes. What Get returned can be added again. */
  {
    auto answer = get(ssp2, {key(soap, ns1__ObjKeyTypeEnum__SedGrp, "SG_LIFE"), numberKey(soap, ns2__NumberTypeEnum__TN, "+12025550100")});
    add(ssp2, "add the read objects again", answer.resultObj);
  }
  auto *prefix = ours(soap_new_ns2__TNPType(soap));
  prefix->dgName.push_back("DG_LIFE");
  prefix->tnPrefix = "+1202556";
  auto *routing = ours(soap_new_ns2__RNType(soap));
  routing->dgName.push_back("DG_LIFE");
  routing->rn = "2025550000";
  auto *prefixKey = numberKey(soap, ns2__NumberTypeEnum__TNPrefix, "+1202556");
  batch(ssp2, "batch", {adding(prefix), deleting(rangeKey(soap)), adding(routing), deleting(prefixKey)});
  batch(ssp2, "batch with a mistake", {adding(destGrp(soap, "DG_OTHER")), deleting(prefixKey)});
  std::vector<ns2__BasicObjType *> numbers = {number(soap, "+12025550101"), number(soap, "+1202555ABCD"), number(soap, "+12025550103")};
  add(ssp2, "numbers with a mistake", numbers);
  add(ssp2Partial, "the same in part", numbers);
  {
    auto answer = get(ssp2, {numberKey(soap, ns2__NumberTypeEnum__TN, "+12025550101"), numberKey(soap, ns2__NumberTypeEnum__TN, "+12025550103"), key(soap, ns1__ObjKeyTypeEnum__DestGrp, "DG_OTHER")});
    std::string found;
    for (auto *object : answer.resultObj) found += (found.empty() ? "" : " ") + dynamic_cast<ns2__TNType *>(object)->tn;
    show(soap, "get", answer.overallResult, found);
  }

  /* The end */
  {
    _ns1__spppRejectRequest request;
    _ns1__spppRejectResponse answer;
    request.soap_default(ssp3.soap);
    request.sedGrpOfferKey.push_back(offerKey(ssp3.soap));
    ssp3.call([&] { return ssp3.proxy.submitRejectRqst(&request, answer); });
    show(ssp3.soap, "the peer rejects", answer.overallResult);
  }
  del(ssp3, "the peer deletes", {key(ssp3.soap, ns1__ObjKeyTypeEnum__EgrRte, "ER_LIFE", SSP3)});
  std::vector<ns2__ObjKeyType *> everything = {
      key(soap, ns1__ObjKeyTypeEnum__SedGrp, "SG_LIFE"),
      key(soap, ns1__ObjKeyTypeEnum__SedRec, "SED_LIFE"),
      key(soap, ns1__ObjKeyTypeEnum__DestGrp, "DG_LIFE"),
      numberKey(soap, ns2__NumberTypeEnum__TN, "+12025550100"),
      numberKey(soap, ns2__NumberTypeEnum__RN, "2025550000"),
      numberKey(soap, ns2__NumberTypeEnum__TN, "+12025550101"),
      numberKey(soap, ns2__NumberTypeEnum__TN, "+12025550103"),
  };
  del(ssp2, "delete", everything);
  del(ssp2, "delete again", everything);
  auto answer = get(ssp2, everything);
  show(soap, "get", answer.overallResult, std::to_string(answer.resultObj.size()) + " objects");
}

int main(int, char **arguments) {
  server = arguments[1];
  run();
}
