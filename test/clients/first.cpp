#include <iostream>
#include <string>

#include "httpda.h"
#include "soapspppSoapBindingProxy.h"
#include "spppSoapBinding.nsmap"

/* The server refuses the first call and names the realm, with which the plug-in can authenticate. */
static void add(const std::string &endpoint, const char *username, const char *password, _ns1__spppAddRequest &request) {
  spppSoapBindingProxy proxy(endpoint.c_str());
  struct http_da_info info;
  soap_set_mode(proxy.soap, SOAP_XML_TREE);
  soap_register_plugin(proxy.soap, http_da);
  _ns1__spppAddResponse answer;
  int error = proxy.submitAddRqst(&request, answer);
  bool asked = error == 401;
  if (asked) {
    http_da_save(proxy.soap, &info, proxy.soap->authrealm, username, password);
    error = proxy.submitAddRqst(&request, answer);
  }
  if (error != SOAP_OK) {
    proxy.soap_stream_fault(std::cerr);
  } else {
    /* The enumerator's number is not the code; its text is. */
    auto code = [&](const ns1__ResultCodeType *result) { return soap_ns1__ResultCodeValType2s(proxy.soap, result->code); };
    std::cout << code(answer.overallResult) << " " << answer.overallResult->msg << "\n";
    for (auto *detail : answer.detailResult) {
      std::cout << (detail->obj->soap_type() == SOAP_TYPE_ns2__TNType ? "TNType " : "");
      std::cout << code(detail) << " " << detail->msg << "\n";
    }
  }
  if (asked) http_da_release(proxy.soap, &info);
  proxy.destroy();
}

int main(int, char **arguments) {
  const std::string server = arguments[1];

  ns2__DestGrpType group;
  group.rant = "iana-en:222";
  group.rar = "iana-en:223";
  group.dgName = "DG_FIRST";
  _ns1__spppAddRequest request;
  request.obj.push_back(&group); /* xsi:type comes from the class of the object. */
  add(server + "/sppp", arguments[2], arguments[3], request);

  ns2__TNType numbers[2];
  const char *const tns[] = {"+12025550100", "+1202555ABCD"};
  request.obj.clear();
  for (int i = 0; i < 2; i++) {
    numbers[i].rant = group.rant;
    numbers[i].rar = group.rar;
    numbers[i].dgName.push_back("DG_FIRST");
    numbers[i].tn = tns[i];
    request.obj.push_back(&numbers[i]);
  }
  add(server + "/sppp/partial", arguments[2], arguments[3], request);
}
